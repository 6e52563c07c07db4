import type { GetMetricDataInput, GetMetricDataOutput, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { invalid, parseRange, sortIntoBuckets } from './aggregate.ts';
import { toDimensions } from './dimensions.ts';
import { parseStatistic } from './statistics.ts';
import type { MetricRecords } from './store.ts';

interface Series {
  readonly id: string;
  readonly label: string;
  readonly values: { at: Date; value: number }[];
}

/** Several metrics in pages of at most `MaxDatapoints` values; a query whose values go on is `PartialData`. */
export function getMetricData(records: MetricRecords, input: GetMetricDataInput): GetMetricDataOutput {
  const queries = input.MetricDataQueries ?? [];
  const twice = queries.find((query, index) => queries.findIndex((other) => other.Id === query.Id) < index);
  if (twice) invalid(`The value ${twice.Id} for parameter MetricDataQueries.Id is not unique.`);
  const series = queries
    .map((query) => evaluate(records, input, query))
    .filter((_, index) => queries[index]?.ReturnData !== false);

  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from) || from < 0) invalid('Invalid parameter NextToken.');
  const to = from + (input.MaxDatapoints ?? 100_800);
  let offset = 0;
  const results = series.map(({ id, label, values }) => {
    const page = values.slice(Math.max(0, from - offset), Math.max(0, to - offset));
    offset += values.length;
    return {
      Id: id,
      Label: label,
      Timestamps: page.map(({ at }) => at),
      Values: page.map(({ value }) => value),
      StatusCode: offset > to ? ('PartialData' as const) : ('Complete' as const),
    };
  });
  return { MetricDataResults: results, Messages: [], ...(offset > to && { NextToken: String(to) }) };
}

function evaluate(records: MetricRecords, input: GetMetricDataInput, query: MetricDataQuery): Series {
  const { MetricStat: stat, Id: id = '' } = query;
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id))
    invalid(`The value ${id} for parameter MetricDataQueries.Id must match ^[a-z][A-Za-z0-9_]*$.`);
  if (!stat?.Metric || query.Expression !== undefined)
    invalid(`The query ${id} must have a MetricStat: the local cloud evaluates no metric math.`);
  const { Namespace: namespace = '', MetricName: name = '', Dimensions: dimensions = [] } = stat.Metric;
  const range = parseRange(input.StartTime, input.EndTime, stat.Period);
  const statistic = parseStatistic(stat.Stat ?? '');
  const points = records.visiblePoints({ namespace, name, dimensions: toDimensions(dimensions) });
  const values = sortIntoBuckets(points, range, stat.Unit).map((bucket) => ({
    at: new Date(bucket.startMs),
    value: statistic(bucket.points),
  }));
  if (input.ScanBy !== 'TimestampAscending') values.reverse();
  return { id, label: query.Label ?? name, values };
}
