import type { Datapoint, GetMetricStatisticsInput } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../contract.ts';
import { parseRange, sortIntoBuckets, type Bucket } from './aggregate.ts';
import { toDimensions } from './dimensions.ts';
import { parseStatistic } from './statistics.ts';
import type { MetricRecords } from './store.ts';

const mostDatapoints = 1440;

/** A unit is whatever was put; only requests are held to the list of units. */
type Summary = Omit<Datapoint, 'Unit'> & { Unit: string };

/** One metric with several statistics; at most 1,440 periods a call. */
export function getMetricStatistics(
  records: MetricRecords,
  input: GetMetricStatisticsInput,
): { Label: string; Datapoints: Summary[] } {
  const [plain, extended] = [input.Statistics ?? [], input.ExtendedStatistics ?? []];
  if (plain.length + extended.length === 0) {
    throw new AwsError('MissingRequiredParameterException', 'Must specify either Statistics or ExtendedStatistics');
  }
  const range = parseRange(input.StartTime, input.EndTime, input.Period);
  const asked = Math.ceil((range.endMs - range.startMs) / 1000 / range.periodSeconds);
  if (asked > mostDatapoints) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      `You have requested up to ${asked} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const metric = {
    namespace: input.Namespace ?? '',
    name: input.MetricName ?? '',
    dimensions: toDimensions(input.Dimensions ?? []),
  };
  const buckets = sortIntoBuckets(records.visiblePoints(metric), range, input.Unit);
  return { Label: metric.name, Datapoints: buckets.map((bucket) => summarise(bucket, plain, extended)) };
}

function summarise(bucket: Bucket, plain: readonly string[], extended: readonly string[]): Summary {
  const values = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, parseStatistic(name)(bucket.points)]));
  return {
    Timestamp: new Date(bucket.startMs),
    Unit: bucket.points[0]?.unit ?? 'None',
    ...values(plain),
    ...(extended.length > 0 && { ExtendedStatistics: values(extended) }),
  };
}
