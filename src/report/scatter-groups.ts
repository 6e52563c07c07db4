import { findBestValue, findMedian } from '../training/search/trials.ts';
import type { CategoryAxis, Scatter, Table, Text } from './document.ts';
import { formatNumber } from './format.ts';

/** The points of each category in numbers: how many have a result, the best and the middle of them. */
export function groupByCategory({ x, y, goal, points }: Omit<Scatter, 'x'> & { readonly x: CategoryAxis }): Table {
  const rows = x.categories.map((category, index): Text[] => {
    const values = points.filter((point) => point.x === index && point.mark !== 'open').map((point) => point.y);
    const best = findBestValue(values, goal);
    const middle = findMedian(values);
    return [[{ code: category }], [String(values.length)], [describe(best)], [describe(middle)]];
  });
  return {
    kind: 'table',
    header: [x.name, 'Completed trials', `Best ${y.name}`, `Median ${y.name}`],
    align: ['left', 'right', 'right', 'right'],
    rows,
  };
}

function describe(value: number | undefined): string {
  return value === undefined ? 'no data' : formatNumber(value);
}
