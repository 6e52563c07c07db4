import type { ListMetricsInput, ListMetricsOutput } from '@aws-sdk/client-cloudwatch';
import { invalid } from './aggregate.ts';
import { fromDimensions } from './dimensions.ts';
import type { Metric, MetricRecords } from './store.ts';

const pageSize = 500;
const recentMs = 3 * 3_600_000;

/** Metrics that match the namespace, the name and every dimension asked for (by name, or by name and value). */
export function listMetrics(records: MetricRecords, now: Date, input: ListMetricsInput): ListMetricsOutput {
  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from) || from < 0) invalid('Invalid parameter NextToken.');
  const found = records
    .visibleMetrics()
    .filter(
      ({ metric, lastMs }) =>
        matches(metric, input) && (input.RecentlyActive === undefined || lastMs >= now.getTime() - recentMs),
    );
  const Metrics = found.slice(from, from + pageSize).map(({ metric }) => ({
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: fromDimensions(metric.dimensions),
  }));
  return { Metrics, ...(found.length > from + pageSize && { NextToken: String(from + pageSize) }) };
}

function matches(metric: Metric, input: ListMetricsInput): boolean {
  const wanted = (input.Dimensions ?? []).every(({ Name = '', Value }) => {
    const value = metric.dimensions[Name];
    return value !== undefined && (Value === undefined || Value === value);
  });
  return (
    wanted && metric.namespace === (input.Namespace ?? metric.namespace) && metric.name === (input.MetricName ?? metric.name)
  );
}
