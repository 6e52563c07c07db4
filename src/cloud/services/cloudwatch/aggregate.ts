import { AwsError } from '../../contract.ts';
import type { DataPoint } from './store.ts';

export interface Range {
  readonly startMs: number;
  readonly endMs: number;
  readonly periodSeconds: number;
}

/** Periods that hold points, oldest first. */
export interface Bucket {
  readonly startMs: number;
  readonly points: DataPoint[];
}

/** @throws ValidationError for a period that CloudWatch does not have, or a range that holds no time */
export function parseRange(start: Date | undefined, end: Date | undefined, periodSeconds: number | undefined): Range {
  const period = periodSeconds ?? 0;
  if (![1, 5, 10, 20, 30].includes(period) && !(period > 0 && period % 60 === 0)) {
    invalid(`The value ${period} for parameter Period is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60.`);
  }
  const [startMs, endMs] = [start?.getTime() ?? Number.NaN, end?.getTime() ?? Number.NaN];
  if (!(startMs < endMs)) invalid('The parameter StartTime must be less than the parameter EndTime.');
  return { startMs: floorTo(startMs, Math.min(period, 60)), endMs, periodSeconds: period };
}

/** Sorts points into periods. A period belongs to the answer when it begins within the range; an empty period has no bucket, which is not 0. */
export function sortIntoBuckets(points: readonly DataPoint[], range: Range, unit: string | undefined): Bucket[] {
  const inside = points.filter(
    ({ atMs, unit: of }) => atMs >= range.startMs && atMs < range.endMs && (unit === undefined || unit === of),
  );
  const groups = Map.groupBy(inside, (point) => floorTo(point.atMs, range.periodSeconds));
  return [...groups].map(([startMs, inBucket]) => ({ startMs, points: inBucket })).sort((a, b) => a.startMs - b.startMs);
}

const floorTo = (ms: number, seconds: number) => Math.floor(ms / (seconds * 1000)) * seconds * 1000;

/** CloudWatch's name for what its model does not catch. */
export function invalid(message: string): never {
  throw new AwsError('ValidationError', message, { status: 400 });
}
