import type * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../../time/clock.ts';
import { getMetricData } from './get-metric-data.ts';
import { getMetricStatistics } from './get-metric-statistics.ts';
import { listMetrics } from './list-metrics.ts';
import { putMetricData } from './put-metric-data.ts';
import type { MetricRecords } from './store.ts';

/** CloudWatch, by operation. */
export function createMetricHandlers(records: MetricRecords, clock: Clock) {
  return {
    GetMetricData: (input: cloudwatch.GetMetricDataInput) => getMetricData(records, input),
    GetMetricStatistics: (input: cloudwatch.GetMetricStatisticsInput) => getMetricStatistics(records, input),
    ListMetrics: (input: cloudwatch.ListMetricsInput) => listMetrics(records, clock.now(), input),
    PutMetricData: (input: cloudwatch.PutMetricDataInput) => {
      putMetricData(records, clock.now(), input);
      return {};
    },
  };
}
