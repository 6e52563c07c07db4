import type { Chart } from './document.ts';

const palette = ['#0969da', '#1a7f37', '#bf8700', '#8250df', '#cf222e', '#1b7c83'];

/** The most lines a reader can tell apart in the comment; the HTML file draws all. */
export const mostLines = palette.length;

/**
 * A chart as mermaid draws it on GitHub (`xychart-beta`, mermaid 11). Every line needs the same number of points and none may be
 * missing: holes are bridged, and a line is 0 after its run has ended.
 */
export function toMermaid(chart: Chart): string {
  const lines = chart.lines.slice(0, mostLines).map(({ name, values, seconds }) => {
    const ended = values.map((_, index) => (index * chart.endSeconds) / values.length >= seconds);
    const points = bridge(values).map((value, index) => (ended[index] ? 0 : Math.round(value * 10) / 10));
    return `  line "${toLabel(name)}" [${points.join(', ')}]`;
  });
  const [unit, unitSeconds] = chooseUnit(chart.endSeconds);
  const uneven = new Set(chart.lines.map((line) => Math.round(line.seconds))).size > 1;
  const peak = Math.max(...chart.lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  return [
    '---',
    'config:',
    '  xyChart: { width: 860, height: 300 }',
    '  themeVariables:',
    `    xyChart: { backgroundColor: "transparent", plotColorPalette: "${palette.join(', ')}" }`,
    '---',
    'xychart-beta',
    `  title "${toLabel(chart.title)}${uneven ? ' (0 once a run has ended)' : ''}"`,
    `  x-axis "${unit} of training" 0 --> ${Number((chart.endSeconds / unitSeconds).toFixed(2))}`,
    `  y-axis "per cent of vCPUs" 0 --> ${peak > 50 ? 100 : 50}`,
    ...lines,
  ].join('\n');
}

function chooseUnit(seconds: number): [unit: string, seconds: number] {
  if (seconds < 600) return ['seconds', 1];
  return seconds < 6 * 3600 ? ['minutes', 60] : ['hours', 3600];
}

/** Each hole takes the straight line between its neighbours; before the first and after the last value, that value. */
function bridge(values: readonly (number | undefined)[]): number[] {
  const known = [...values.entries()].filter((entry): entry is [number, number] => entry[1] !== undefined);
  return values.map((value, index) => {
    if (value !== undefined) return value;
    const before = known.findLast(([at]) => at < index);
    const after = known.find(([at]) => at > index);
    if (!before || !after) return (before ?? after)?.[1] ?? 0;
    return before[1] + ((after[1] - before[1]) * (index - before[0])) / (after[0] - before[0]);
  });
}

/**
 * Mermaid has no escape inside a quoted string that works everywhere, so what it could stumble over is left out; two per cent
 * signs begin a comment even there.
 */
export function toLabel(text: string): string {
  const safe = text.replaceAll(/[^A-Za-z0-9 ._:,%()/×-]/g, '').replaceAll(/%{2,}/g, '%');
  return safe.slice(0, 60) || 'unnamed';
}
