import type { Chart } from './document.ts';
import { escapeHtml } from './escape.ts';
import { formatDuration } from './format.ts';

const width = 860;
const height = 300;
const left = 48;
const right = 12;
const top = 12;
const bottom = 32;
const dashes = ['', '6 3', '2 3', '8 3 2 3'];

/** The chart as an SVG element without any style of its own: classes `c0`–`c5` give the colours, dashes help who cannot tell them apart. */
export function toSvg(chart: Chart): string {
  const peak = Math.max(0, ...chart.lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const most = peak > 50 ? 100 : 50;
  const x = (seconds: number) => left + ((width - left - right) * seconds) / chart.endSeconds;
  const y = (percent: number) => height - bottom - ((height - top - bottom) * Math.min(percent, most)) / most;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most).toFixed(1);
    return `<line class="grid" x1="${left}" y1="${at}" x2="${width - right}" y2="${at}"/><text x="${left - 6}" y="${Number(at) + 4}" text-anchor="end">${part * most} %</text>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 1 ? 'end' : 'middle';
    return `<text x="${x(part * chart.endSeconds).toFixed(1)}" y="${height - 10}" text-anchor="${anchor}">${formatDuration(part * chart.endSeconds)}</text>`;
  });
  const lines = chart.lines.map((line, index) => {
    const step = chart.endSeconds / Math.max(1, line.values.length);
    const path = toPath(line.values, (bin) => x((bin + 0.5) * step), y);
    return `<path class="line c${index % 6}" stroke-dasharray="${dashes[Math.floor(index / 6) % dashes.length]}" d="${path}"/>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">${[...grid, ...ticks, ...lines].join('')}</svg>`;
}

/** Lines with holes where nothing was measured; a lone point is drawn as a dot (a path of length 0 with round ends). */
function toPath(values: readonly (number | undefined)[], x: (bin: number) => number, y: (percent: number) => number): string {
  let pen = false;
  return values
    .map((value, bin) => {
      if (value === undefined) {
        pen = false;
        return '';
      }
      const alone = !pen && values[bin + 1] === undefined;
      const point = `${pen ? 'L' : 'M'}${x(bin).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = true;
      return alone ? `${point}h0` : point;
    })
    .join('');
}
