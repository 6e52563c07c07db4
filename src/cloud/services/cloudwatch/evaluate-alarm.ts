import type { ComparisonOperator } from '@aws-sdk/client-cloudwatch';
import { sortIntoBuckets } from './aggregate.ts';
import type { AlarmSettings, AlarmVerdict } from './alarm.ts';
import { parseStatistic } from './statistics.ts';
import type { DataPoint } from './store.ts';

/** Where data is missing, that many more periods back are looked at. */
const morePeriods = 2;

interface Datapoint {
  readonly atMs: number;
  readonly value: number;
}

const breaches: Partial<
  Readonly<Record<ComparisonOperator, readonly [text: string, breach: (value: number, limit: number) => boolean]>>
> = {
  GreaterThanOrEqualToThreshold: ['greater than or equal to', (value, limit) => value >= limit],
  GreaterThanThreshold: ['greater than', (value, limit) => value > limit],
  LessThanOrEqualToThreshold: ['less than or equal to', (value, limit) => value <= limit],
  LessThanThreshold: ['less than', (value, limit) => value < limit],
};

export const comparisons = Object.keys(breaches);

/**
 * State of an alarm on the points of its metric: the last `evaluationPeriods` periods, of which `datapointsToAlarm` must breach. The period
 * that has just begun counts as soon as it has data, so that an alarm need not wait for its end to ring. Missing data is made up for by
 * older data first, and then treated as the alarm says (CloudWatch User Guide, "Configuring how alarms treat missing data").
 */
export function evaluateAlarm(
  settings: AlarmSettings,
  points: readonly DataPoint[],
  nowMs: number,
  before: AlarmVerdict,
): AlarmVerdict {
  const { missingData, datapointsToAlarm: needed } = settings;
  const { slots, older } = readPeriods(settings, points, nowMs);
  const present = slots.filter((slot) => slot !== undefined);
  const known = [...lastOf(older, slots.length - present.length), ...present];
  const missing = slots.length - known.length;
  if (known.length === 0 && missingData === 'ignore') return before;
  if (known.length === 0 && missingData === 'missing')
    return {
      state: 'INSUFFICIENT_DATA',
      reason: `Insufficient Data: ${missing} datapoint${missing === 1 ? ' was' : 's were'} unknown.`,
    };
  const breaching = known.filter(({ value }) => isBreach(settings, value));
  const count = breaching.length + (missingData === 'breaching' ? missing : 0);
  const reason = explain(settings, known, breaching, missing);
  if (count >= needed) return { state: 'ALARM', reason };
  const undecided = missing > 0 && breaching.length === known.length && missingData !== 'notBreaching';
  if (undecided && missingData === 'ignore') return before;
  // One that has breached for as long as it takes, with nothing known since, is not waited for any longer.
  const oldest = slots.findIndex((slot) => slot !== undefined);
  const isOldEnough = oldest !== -1 && slots.length - oldest >= needed;
  return { state: undecided && isOldEnough ? 'ALARM' : 'OK', reason };
}

const lastOf = <Item>(items: readonly Item[], count: number): readonly Item[] => (count > 0 ? items.slice(-count) : []);

function readPeriods(settings: AlarmSettings, points: readonly DataPoint[], nowMs: number) {
  const { periodSeconds, evaluationPeriods } = settings;
  const periodMs = periodSeconds * 1000;
  const current = Math.floor(nowMs / periodMs) * periodMs;
  const startMs = current - (evaluationPeriods + morePeriods) * periodMs;
  const range = { startMs, endMs: nowMs + 1, periodSeconds };
  const statistic = parseStatistic(settings.statistic);
  const values = new Map(
    sortIntoBuckets(points, range, settings.unit).map((bucket) => [bucket.startMs, statistic(bucket.points)]),
  );
  const newest = values.has(current) ? current : current - periodMs;
  const at = (index: number): Datapoint | undefined => {
    const atMs = newest - index * periodMs;
    const value = values.get(atMs);
    return value === undefined ? undefined : { atMs, value };
  };
  const all = Array.from({ length: evaluationPeriods + morePeriods }, (_, index) => at(index)).toReversed();
  return { slots: all.slice(morePeriods), older: all.slice(0, morePeriods).filter((slot) => slot !== undefined) };
}

const isBreach = ({ comparison, threshold }: AlarmSettings, value: number) =>
  breaches[comparison]?.[1](value, threshold) ?? false;

function explain(settings: AlarmSettings, known: readonly Datapoint[], breaching: readonly Datapoint[], missing: number): string {
  const text = breaches[settings.comparison]?.[0] ?? settings.comparison;
  const limit = `the threshold (${settings.threshold})`;
  const shown = breaching.length > 0 ? breaching : known;
  if (shown.length === 0)
    return `Threshold Crossed: no datapoints were received for ${missing} period(s) and missing data is ${settings.missingData}.`;
  const list = shown.map(({ atMs, value }) => `${value} (${new Date(atMs).toISOString()})`).join(', ');
  const noun = shown.length === 1 ? 'datapoint' : 'datapoints';
  const verb = shown.length === 1 ? 'was' : 'were';
  return `Threshold Crossed: ${shown.length} ${noun} [${list}] ${verb} ${breaching.length > 0 ? '' : 'not '}${text} ${limit}.`;
}
