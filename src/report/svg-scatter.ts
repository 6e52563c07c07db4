import { findPosition } from '../training/search/scale.ts';
import { listRangeTicks, listTicks } from './axis.ts';
import type { NumberAxis, Scatter, ScatterPoint } from './document.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber } from './format.ts';

const width = 860;
const height = 300;
const left = 64;
const right = 16;
const top = 12;
const bottom = 48;
const mostCategoryNames = 12;
const longestName = 16;

/** Points of trials as an SVG element; each tells its trial and values when the pointer rests on it. */
export function toSvgScatter({ title, x, y, points }: Scatter): string {
  const placeX = (value: number) => left + (width - left - right) * (positionOn(x, value) ?? 0);
  const placeY = (value: number) => height - bottom - (height - top - bottom) * (findPosition(value, y, y.scale) ?? 0);
  const rows = listTicks(y).map((value) => {
    const at = placeY(value).toFixed(1);
    return `<line class="grid" x1="${left}" y1="${at}" x2="${width - right}" y2="${at}"/><text x="${left - 6}" y="${Number(at) + 4}" text-anchor="end">${formatNumber(value)}</text>`;
  });
  const columns = listColumns(x).map(({ at, name }) => {
    const place = placeX(at).toFixed(1);
    return `<line class="grid" x1="${place}" y1="${height - bottom}" x2="${place}" y2="${height - bottom + 5}"/><text x="${place}" y="${height - bottom + 18}" text-anchor="middle">${escapeHtml(name)}</text>`;
  });
  const names = [
    `<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${escapeHtml(x.name)}${scaleOf(x)}</text>`,
    `<text transform="translate(14 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y.name)}${scaleOf(y)}</text>`,
  ];
  // The best comes first in the order of rank and last into the picture, where nothing covers it.
  const dots = points.toReversed().map((point) => toDot(point, placeX(point.x), placeY(point.y), { x, y }));
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${[...rows, ...columns, ...names, ...dots].join('')}</svg>`;
}

function scaleOf(axis: Scatter['x']): string {
  return 'scale' in axis && axis.scale !== 'linear' ? ` (${axis.scale} scale)` : '';
}

function positionOn(axis: Scatter['x'], value: number): number | undefined {
  return 'categories' in axis ? (value + 0.5) / axis.categories.length : findPosition(value, axis, axis.scale);
}

function listColumns(axis: Scatter['x']): { at: number; name: string }[] {
  if (!('categories' in axis)) return listRangeTicks(axis).map((at) => ({ at, name: formatNumber(at) }));
  const every = Math.ceil(axis.categories.length / mostCategoryNames);
  return axis.categories
    .map((name, at) => ({ at, name: name.length > longestName ? `${name.slice(0, longestName)}…` : name }))
    .filter(({ at }) => at % every === 0);
}

function toDot(point: ScatterPoint, x: number, y: number, axes: { x: Scatter['x']; y: NumberAxis }): string {
  const value = 'categories' in axes.x ? (axes.x.categories[point.x] ?? '') : formatNumber(point.x);
  const words = `${point.name}: ${axes.x.name} ${value}, ${axes.y.name} ${formatNumber(point.y)}`;
  const looks = { plain: 'class="dot c0" r="4"', best: 'class="dot c1" r="6"', open: 'class="ring c0" r="4"' }[point.mark];
  return `<circle ${looks} cx="${x.toFixed(1)}" cy="${y.toFixed(1)}"><title>${escapeHtml(words)}</title></circle>`;
}
