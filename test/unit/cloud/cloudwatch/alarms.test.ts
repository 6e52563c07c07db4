import { describe, expect, test } from '@jest/globals';
import type { AlarmSettings } from '../../../../src/cloud/services/cloudwatch/alarm.ts';
import { createAlarmHandlers } from '../../../../src/cloud/services/cloudwatch/alarm-handlers.ts';
import { createAlarmRecords } from '../../../../src/cloud/services/cloudwatch/alarm-store.ts';
import { evaluateAlarm } from '../../../../src/cloud/services/cloudwatch/evaluate-alarm.ts';
import { createMetricRecords } from '../../../../src/cloud/services/cloudwatch/store.ts';

const period = 60;
const settings: AlarmSettings = {
  metric: { namespace: 'n', name: 'm', dimensions: {} },
  unit: undefined,
  statistic: 'Sum',
  periodSeconds: period,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 5,
  comparison: 'GreaterThanThreshold',
  missingData: 'missing',
};
const before = { state: 'OK', reason: 'before' } as const;

/** `X` breaches, `0` does not, `-` is missing; the last one is the newest period that is over. */
const evaluate = (data: string, change: Partial<AlarmSettings> = {}) => {
  const nowMs = 100 * period * 1000;
  const points = data.split('').flatMap((sign, index) => {
    const atMs = nowMs - (data.length - index) * period * 1000 + 1;
    const value = sign === 'X' ? 9 : 1;
    return sign === '-' ? [] : [{ atMs, receivedMs: atMs, unit: 'None', minimum: value, maximum: value, sum: value, count: 1 }];
  });
  return evaluateAlarm({ ...settings, ...change }, points, nowMs, before);
};

describe('an alarm treats missing data as the User Guide says', () => {
  // Its two tables: three of three, and the same data for every treatment.
  test.each([
    ['0-X-X', 'OK', 'OK', 'OK', 'OK'],
    ['----0', 'OK', 'OK', 'OK', 'OK'],
    ['-----', 'INSUFFICIENT_DATA', 'before', 'ALARM', 'OK'],
    ['0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['--X--', 'ALARM', 'before', 'ALARM', 'OK'],
  ])('%s', (data, missing, ignore, breaching, notBreaching) => {
    const show = (missingData: AlarmSettings['missingData']) => {
      const verdict = evaluate(data, { missingData });
      return verdict.reason === 'before' ? 'before' : verdict.state;
    };
    expect([show('missing'), show('ignore'), show('breaching'), show('notBreaching')]).toEqual([
      missing,
      ignore,
      breaching,
      notBreaching,
    ]);
  });

  test('M of N', () => {
    expect(evaluate('00X0X', { datapointsToAlarm: 2 }).state).toBe('ALARM');
    expect(evaluate('X0X00', { datapointsToAlarm: 2 }).state).toBe('OK');
  });

  test('the period that has begun counts as soon as it has data', () => {
    const nowMs = 100 * period * 1000 + 10;
    const point = { atMs: nowMs, receivedMs: nowMs, unit: 'None', minimum: 9, maximum: 9, sum: 9, count: 1 };
    const one = { ...settings, evaluationPeriods: 1, datapointsToAlarm: 1 };
    expect(evaluateAlarm(one, [point], nowMs, before)).toEqual({
      state: 'ALARM',
      reason: 'Threshold Crossed: 1 datapoint [9 (1970-01-01T01:40:00.000Z)] was greater than the threshold (5).',
    });
  });
});

describe('the alarms of a cloud', () => {
  let nowMs = 1_000_000_000;
  const clock = { now: () => new Date(nowMs), sleep: () => Promise.resolve() };
  const metrics = createMetricRecords({ clock, weather: { metricsDelayMs: 0 } });
  const alarms = createAlarmRecords({ clock, region: 'us-east-1', account: '000000000000', metrics });
  const handlers = createAlarmHandlers(alarms, clock);
  const request = {
    AlarmName: 'late',
    Namespace: 'n',
    MetricName: 'm',
    Statistic: 'Maximum' as const,
    Period: 10,
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold' as const,
  };
  const state = () => handlers.DescribeAlarms({ AlarmNames: ['late'] }).MetricAlarms?.[0]?.StateValue;

  test('are evaluated, can be set for a period, and go', () => {
    handlers.PutMetricAlarm(request);
    expect(state()).toBe('INSUFFICIENT_DATA');
    metrics.put('n', {}, 'm', 'None', [{ at: clock.now(), value: 5 }]);
    expect(state()).toBe('ALARM');
    handlers.SetAlarmState({ AlarmName: 'late', StateValue: 'OK', StateReason: 'by hand' });
    expect(state()).toBe('OK');
    nowMs += 10_000;
    expect(state()).toBe('ALARM');
    expect(() => handlers.DeleteAlarms({ AlarmNames: ['late', 'none'] })).toThrow('Unknown');
    expect(state()).toBe('ALARM');
    handlers.DeleteAlarms({ AlarmNames: ['late'] });
    expect(state()).toBeUndefined();
  });

  test.each([
    [{ Period: 15 }, 'Period is invalid'],
    [{ Statistic: undefined }, 'Exactly one of the parameters Statistic and ExtendedStatistic'],
    [{ DatapointsToAlarm: 2 }, 'less than or equal to EvaluationPeriods'],
    [{ TreatMissingData: 'zero' }, 'TreatMissingData is not one of'],
    [{ ComparisonOperator: 'LessThanLowerThreshold' as const }, 'detects no anomalies'],
    [{ MetricName: undefined }, 'are required'],
  ])('refuses %j', (change, text) => {
    expect(() => handlers.PutMetricAlarm({ ...request, ...change })).toThrow(text);
  });
});
