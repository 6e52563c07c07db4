import { AwsError } from '../../contract.ts';
import type { DataPoint } from './store.ts';

/** One number about the points of one period. */
export type Statistic = (points: readonly DataPoint[]) => number;

const plain: Readonly<Record<string, Statistic>> = {
  SampleCount: (points) => total(points, 'count'),
  Sum: (points) => total(points, 'sum'),
  Average: (points) => total(points, 'sum') / total(points, 'count'),
  Minimum: (points) => Math.min(...points.map((point) => point.minimum)),
  Maximum: (points) => Math.max(...points.map((point) => point.maximum)),
};

/** `Average`, `Minimum`, `Maximum`, `Sum`, `SampleCount` or a percentile such as `p90` or `p99.9`. @throws ValidationError */
export function parseStatistic(name: string): Statistic {
  const known = plain[name];
  if (known) return known;
  const percent = Number(/^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(percent)) {
    throw new AwsError(
      'ValidationError',
      `The statistic ${name} is not one the local cloud computes: ${Object.keys(plain).join(', ')}, pNN.NN.`,
      {
        status: 400,
      },
    );
  }
  return (points) => percentile(points, percent);
}

/** Linear between the two nearest values. Of a summarised set only the extremes are known, so each point counts by its average. */
function percentile(points: readonly DataPoint[], percent: number): number {
  const values = points
    .flatMap((point) => Array.from({ length: point.count }, () => point.sum / point.count))
    .sort((a, b) => a - b);
  const place = ((values.length - 1) * percent) / 100;
  const below = values[Math.floor(place)] ?? Number.NaN;
  const above = values[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

function total(points: readonly DataPoint[], member: 'sum' | 'count'): number {
  return points.reduce((sum, point) => sum + point[member], 0);
}
