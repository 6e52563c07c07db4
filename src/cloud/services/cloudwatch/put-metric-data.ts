import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../contract.ts';
import { toDimensions } from './dimensions.ts';
import type { DataPoint, MetricRecords } from './store.ts';

/** Values as they come: single, as `Values` with `Counts`, or summarised. Without high resolution a point belongs to its minute. */
export function putMetricData(records: MetricRecords, now: Date, input: PutMetricDataInput): void {
  const data = input.MetricData ?? [];
  const points = data.map((datum) => toPoints(datum, now));
  data.forEach((datum, index) => {
    const metric = {
      namespace: input.Namespace ?? '',
      name: datum.MetricName ?? '',
      dimensions: toDimensions(datum.Dimensions ?? []),
    };
    records.add(metric, points[index] ?? []);
  });
}

function toPoints(datum: MetricDatum, now: Date): Omit<DataPoint, 'receivedMs'>[] {
  const at = (datum.Timestamp ?? now).getTime();
  const atMs = datum.StorageResolution === 1 ? Math.floor(at / 1000) * 1000 : Math.floor(at / 60_000) * 60_000;
  const base = { atMs, unit: datum.Unit ?? 'None' };
  const repeated = (value: number, count: number) => ({ ...base, minimum: value, maximum: value, sum: value * count, count });
  if (datum.StatisticValues) {
    const { Minimum = 0, Maximum = 0, Sum = 0, SampleCount = 0 } = datum.StatisticValues;
    return [{ ...base, minimum: Minimum, maximum: Maximum, sum: Sum, count: SampleCount }];
  }
  if (datum.Values) return datum.Values.map((value, index) => repeated(value, datum.Counts?.[index] ?? 1));
  if (datum.Value !== undefined) return [repeated(datum.Value, 1)];
  throw new AwsError(
    'MissingRequiredParameterException',
    'At least one of the parameters Value, Values and StatisticValues must be specified.',
  );
}
