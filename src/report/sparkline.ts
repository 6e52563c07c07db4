// Without ▄ and █, which many fonts draw on another base line than their neighbours.
const levels = '▁▂▃▅▆▇';

/** Per cent as block characters on a scale of 0–100; `·` where nothing was measured. */
export function sparkline(values: readonly (number | undefined)[]): string {
  return values
    .map((value) =>
      value === undefined
        ? '·'
        : (levels[Math.min(levels.length - 1, Math.max(0, Math.floor((value / 100) * levels.length)))] ?? '·'),
    )
    .join('');
}
