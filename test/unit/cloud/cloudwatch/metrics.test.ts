import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { createMetricHandlers } from '../../../../src/cloud/services/cloudwatch/handlers.ts';
import { createMetricRecords, type MetricRecords } from '../../../../src/cloud/services/cloudwatch/store.ts';

const start = Date.UTC(2026, 0, 1, 12);
const host = { Host: 'job/algo-1' };
let now: number;
let weather: { metricsDelayMs: number };
let records: MetricRecords;
let metrics: ReturnType<typeof createMetricHandlers>;

beforeEach(() => {
  now = start + 600_000;
  weather = { metricsDelayMs: 0 };
  const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
  records = createMetricRecords({ clock, weather: weather });
  metrics = createMetricHandlers(records, clock);
});

const at = (seconds: number) => new Date(start + seconds * 1000);
const put = (...points: readonly [seconds: number, value: number][]) =>
  records.put(
    'N',
    host,
    'CPU',
    'Percent',
    points.map(([seconds, value]) => ({ at: at(seconds), value })),
  );
const query = (Period: number, Stat: string, more: Partial<MetricDataQuery> = {}): MetricDataQuery => ({
  Id: 'q1',
  MetricStat: {
    Metric: { Namespace: 'N', MetricName: 'CPU', Dimensions: [{ Name: 'Host', Value: 'job/algo-1' }] },
    Period,
    Stat,
  },
  ...more,
});
const get = (queries: MetricDataQuery[], more: object = {}) =>
  metrics.GetMetricData({
    StartTime: at(0),
    EndTime: at(600),
    MetricDataQueries: queries,
    ScanBy: 'TimestampAscending',
    ...more,
  });
const valuesOf = (period: number, stat: string) => get([query(period, stat)]).MetricDataResults?.[0]?.Values;

describe('periods and statistics', () => {
  beforeEach(() => put([0.2, 10], [0.7, 30], [1.2, 50], [7, 100], [61, 8]));

  test.each([
    [1, 'Average', [20, 50, 100, 8]],
    [1, 'SampleCount', [2, 1, 1, 1]],
    [5, 'Average', [30, 100, 8]],
    [10, 'Sum', [190, 8]],
    [60, 'Average', [47.5, 8]],
    [60, 'Minimum', [10, 8]],
    [60, 'Maximum', [100, 8]],
    [60, 'p50', [40, 8]],
    [60, 'p100', [100, 8]],
    [300, 'SampleCount', [5]],
  ])('%d s, %s', (period, stat, values) => expect(valuesOf(period, stat)).toEqual(values));

  test('a period without a point is not there, which is not 0', () => {
    expect(get([query(1, 'Sum')]).MetricDataResults?.[0]?.Timestamps).toEqual([at(0), at(1), at(7), at(61)]);
    expect(get([query(60, 'Average')], { StartTime: at(120) }).MetricDataResults?.[0]?.Values).toEqual([]);
  });

  test('newest first unless asked', () => {
    const answer = metrics.GetMetricData({ StartTime: at(0), EndTime: at(600), MetricDataQueries: [query(60, 'Maximum')] });
    expect(answer.MetricDataResults?.[0]?.Values).toEqual([8, 100]);
  });

  test('the start is rounded down to the period, or to the minute', () => {
    expect(get([query(60, 'Maximum')], { StartTime: at(30) }).MetricDataResults?.[0]?.Values).toEqual([100, 8]);
    expect(get([query(5, 'Maximum')], { StartTime: at(8) }).MetricDataResults?.[0]?.Values).toEqual([100, 8]);
  });

  test('other dimensions are another metric', () => {
    const metric = { Namespace: 'N', MetricName: 'CPU', Dimensions: [] };
    expect(get([{ Id: 'q1', MetricStat: { Metric: metric, Period: 60, Stat: 'Sum' } }]).MetricDataResults?.[0]?.Values).toEqual(
      [],
    );
  });

  test('several queries in pages say which of them go on', () => {
    const queries = [query(60, 'Maximum'), query(60, 'Minimum', { Id: 'q2' })];
    const first = get(queries, { MaxDatapoints: 3 });
    expect(first.MetricDataResults?.map(({ Values, StatusCode }) => [Values, StatusCode])).toEqual([
      [[100, 8], 'Complete'],
      [[10], 'PartialData'],
    ]);
    const second = get(queries, { MaxDatapoints: 3, NextToken: first.NextToken });
    expect(second.MetricDataResults?.map(({ Values, StatusCode }) => [Values, StatusCode])).toEqual([
      [[], 'Complete'],
      [[8], 'Complete'],
    ]);
    expect(second.NextToken).toBeUndefined();
  });

  test('GetMetricStatistics gives several statistics of a period at once', () => {
    const input = {
      Namespace: 'N',
      MetricName: 'CPU',
      Dimensions: [{ Name: 'Host', Value: 'job/algo-1' }],
      StartTime: at(0),
      EndTime: at(60),
    };
    const answer = metrics.GetMetricStatistics({
      ...input,
      Period: 60,
      Statistics: ['Average', 'Maximum'],
      ExtendedStatistics: ['p100'],
    });
    expect(answer.Datapoints).toEqual([
      { Timestamp: at(0), Unit: 'Percent', Average: 47.5, Maximum: 100, ExtendedStatistics: { p100: 100 } },
    ]);
    expect(() => metrics.GetMetricStatistics({ ...input, EndTime: at(1441), Period: 1, Statistics: ['Sum'] })).toThrow(
      'exceeds the limit of 1,440',
    );
    expect(() => metrics.GetMetricStatistics({ ...input, Period: 60 })).toThrow(
      'Must specify either Statistics or ExtendedStatistics',
    );
  });
});

test.each([
  ['a period', () => get([query(7, 'Sum')]), 'The value 7 for parameter Period is invalid'],
  ['a statistic', () => get([query(60, 'Median')]), 'The statistic Median is not one'],
  ['a range', () => get([query(60, 'Sum')], { EndTime: at(0) }), 'StartTime must be less than'],
  ['metric math', () => get([{ Id: 'e1', Expression: 'q1 * 2' }]), 'no metric math'],
  ['an id', () => get([query(60, 'Sum', { Id: 'Q1' })]), 'must match'],
  ['an id used twice', () => get([query(60, 'Sum'), query(60, 'Sum')]), 'is not unique'],
])('refused: %s', (_, act, message) => expect(act).toThrow(message));

test('in some weather points show later', () => {
  weather.metricsDelayMs = 2500;
  put([1, 5]);
  expect(valuesOf(60, 'Sum')).toEqual([]);
  expect(metrics.ListMetrics({}).Metrics).toEqual([]);
  now += 2500;
  expect(valuesOf(60, 'Sum')).toEqual([5]);
});

const send = (datum: object) =>
  metrics.PutMetricData({
    Namespace: 'N',
    MetricData: [{ MetricName: 'CPU', Dimensions: [{ Name: 'Host', Value: 'job/algo-1' }], Timestamp: at(61.5), ...datum }],
  });

describe('PutMetricData', () => {
  test.each([
    ['a value', { Value: 4 }, [1, 4, 4]],
    ['values with counts', { Values: [1, 5], Counts: [3, 1] }, [4, 8, 5]],
    ['a summary', { StatisticValues: { SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 6 } }, [4, 10, 6]],
  ])('%s', (_, datum, expected) => {
    send(datum);
    expect(['SampleCount', 'Sum', 'Maximum'].map((stat) => valuesOf(60, stat)?.[0])).toEqual(expected);
  });

  test('without high resolution a point belongs to its minute', () => {
    send({ Value: 1 });
    send({ Value: 2, StorageResolution: 1 });
    expect(get([query(1, 'Sum')]).MetricDataResults?.[0]?.Timestamps).toEqual([at(60), at(61)]);
  });

  test('a datum without a value is refused, and nothing of its request is kept', () => {
    expect(() => send({})).toThrow('At least one of the parameters');
    expect(metrics.ListMetrics({}).Metrics).toEqual([]);
  });
});

const names = (input: object) => metrics.ListMetrics(input).Metrics?.map((metric) => metric.MetricName);

test('metrics are listed by namespace, name and dimensions', () => {
  put([0, 1]);
  records.put('N', { Host: 'job/algo-2' }, 'Memory', 'Percent', [{ at: at(0), value: 1 }]);
  expect(names({})).toEqual(['CPU', 'Memory']);
  expect(names({ MetricName: 'CPU', Namespace: 'N' })).toEqual(['CPU']);
  expect(names({ Dimensions: [{ Name: 'Host' }] })).toEqual(['CPU', 'Memory']);
  expect(names({ Dimensions: [{ Name: 'Host', Value: 'job/algo-2' }] })).toEqual(['Memory']);
  expect(names({ Namespace: 'M' })).toEqual([]);
});
