import { findPosition } from '../training/search/scale.ts';
import type { NumberAxis, Scatter, ScatterPoint } from './document.ts';
import { formatNumber } from './format.ts';
import { toLabel } from './mermaid-chart.ts';

/** A point is 40 characters of the comment, and more than these are one cloud anyhow. */
const mostPoints = 120;
/** Names of more points would lie over each other. */
const mostNames = 12;

const colours: Record<ScatterPoint['mark'], string> = { plain: '', best: ' color: #1a7f37, radius: 6', open: ' color: #8c959f' };

/**
 * Points as mermaid draws them on GitHub. Its `xychart` spaces values evenly and folds equal ones into one, so that a chart of
 * values tried by a search would be untrue; its `quadrantChart` puts points where they belong, on axes without ticks, whose ends
 * are told in words.
 */
export function toMermaidScatter({ title, x, y, points }: Scatter & { readonly x: NumberAxis }): string {
  const shown = thin(points);
  const some = shown.length < points.length ? `, ${shown.length} of ${points.length} trials, from the best to the worst` : '';
  const marks = [
    ...(shown.some(({ mark }) => mark === 'best') ? ['green: the best'] : []),
    ...(shown.some(({ mark }) => mark === 'open') ? ['grey: only as far as it came'] : []),
  ];
  const legend = marks.length > 0 ? ` (${marks.join(', ')})` : '';
  const clear = [1, 2, 3, 4].map((number) => `quadrant${number}Fill: "transparent"`).join(', ');
  return [
    '---',
    'config:',
    '  quadrantChart: { chartWidth: 860, chartHeight: 300, pointRadius: 4, pointLabelFontSize: 10, titleFontSize: 16, xAxisLabelFontSize: 13, yAxisLabelFontSize: 13, quadrantInternalBorderStrokeWidth: 0, quadrantExternalBorderStrokeWidth: 1 }',
    `  themeVariables: { ${clear}, quadrantPointFill: "#0969da", quadrantExternalBorderStrokeFill: "#8c959f" }`,
    '---',
    'quadrantChart',
    `  title ${toLabel(title)}${some}${legend}`,
    `  x-axis "${describeAxis(x, 'left', 'right')}"`,
    `  y-axis "${describeAxis(y, 'bottom', 'top')}"`,
    ...shown.flatMap((point) => {
      const [left, up] = [findPosition(point.x, x, x.scale), findPosition(point.y, y, y.scale)];
      if (left === undefined || up === undefined) return [];
      const name = shown.length <= mostNames || point.mark === 'best' ? toLabel(point.name) : ' ';
      return [`  "${name}": [${toPart(left)}, ${toPart(up)}]${colours[point.mark]}`];
    }),
  ].join('\n');
}

function describeAxis({ name, scale, min, max }: NumberAxis, low: string, high: string): string {
  const how = scale === 'linear' ? '' : `, ${scale} scale`;
  return `${toLabel(name)} from ${formatNumber(min)} (${low}) to ${formatNumber(max)} (${high})${how}`;
}

/** Its parser takes 0, 1 and what lies between in plain digits, and nothing else. */
function toPart(position: number): number {
  return Math.round(1000 * Math.min(1, Math.max(0, position))) / 1000;
}

/** Points come in the order of rank: the first, the last and an even choice between them. */
function thin(points: readonly ScatterPoint[]): readonly ScatterPoint[] {
  if (points.length <= mostPoints) return points;
  const step = (points.length - 1) / (mostPoints - 1);
  return Array.from({ length: mostPoints }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}
