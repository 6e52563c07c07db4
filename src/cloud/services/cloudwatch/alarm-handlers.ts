import type * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../../time/clock.ts';
import { AwsError } from '../../contract.ts';
import { invalid } from './aggregate.ts';
import type { Alarm, AlarmSettings } from './alarm.ts';
import type { AlarmRecords } from './alarm-store.ts';
import { fromDimensions, toDimensions } from './dimensions.ts';
import { comparisons } from './evaluate-alarm.ts';
import { parseStatistic } from './statistics.ts';

const plainStatistics: readonly string[] = [
  'SampleCount',
  'Average',
  'Sum',
  'Minimum',
  'Maximum',
] satisfies cloudwatch.Statistic[];
const isPlain = (name: string): name is cloudwatch.Statistic => plainStatistics.includes(name);

/** CloudWatch's alarms on one metric, by operation. Actions are kept and not carried out. */
export function createAlarmHandlers(alarms: AlarmRecords, clock: Clock) {
  return {
    PutMetricAlarm: (input: cloudwatch.PutMetricAlarmInput) => {
      alarms.put({
        name: input.AlarmName ?? '',
        description: input.AlarmDescription,
        settings: parseSettings(input),
        actions: {
          enabled: input.ActionsEnabled ?? true,
          alarm: input.AlarmActions ?? [],
          ok: input.OKActions ?? [],
          noData: input.InsufficientDataActions ?? [],
        },
      });
      return {};
    },
    DescribeAlarms: (input: cloudwatch.DescribeAlarmsInput) => describeAlarms(alarms, input),
    DeleteAlarms: (input: cloudwatch.DeleteAlarmsInput) => {
      const names = input.AlarmNames ?? [];
      // All of them or none.
      for (const name of names) alarms.get(name);
      for (const name of names) alarms.remove(name);
      return {};
    },
    SetAlarmState: (input: cloudwatch.SetAlarmStateInput) => {
      const alarm = alarms.get(input.AlarmName ?? '');
      const periodMs = alarm.settings.periodSeconds * 1000;
      const nextEvaluationMs = (Math.floor(clock.now().getTime() / periodMs) + 1) * periodMs;
      const state = input.StateValue ?? 'INSUFFICIENT_DATA';
      alarms.set(alarm, { state, reason: input.StateReason ?? '' }, Math.max(nextEvaluationMs, alarm.heldUntilMs));
      return {};
    },
  };
}

function parseSettings(input: cloudwatch.PutMetricAlarmInput): AlarmSettings {
  if (input.Metrics?.length || input.EvaluationCriteria)
    invalid('The local cloud evaluates alarms on one metric, no metric math: use MetricName.');
  const {
    MetricName: name,
    Namespace: namespace,
    Period: period = 0,
    Threshold: threshold,
    EvaluationPeriods: periods = 1,
  } = input;
  if (name === undefined || namespace === undefined || threshold === undefined)
    throw new AwsError('MissingParameter', 'The parameters MetricName, Namespace and Threshold are required.', { status: 400 });
  if (![10, 20, 30].includes(period) && !(period > 0 && period % 60 === 0))
    invalid(`The value ${period} for parameter Period is invalid: it must be 10, 20, 30 or a multiple of 60.`);
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined))
    invalid('Exactly one of the parameters Statistic and ExtendedStatistic must be specified.');
  const statistic = input.Statistic ?? input.ExtendedStatistic ?? '';
  parseStatistic(statistic);
  const comparison = input.ComparisonOperator ?? 'GreaterThanThreshold';
  if (!comparisons.includes(comparison))
    invalid(`The local cloud detects no anomalies: ${comparison} is not one of ${comparisons.join(', ')}.`);
  const needed = input.DatapointsToAlarm ?? periods;
  if (needed > periods) invalid('DatapointsToAlarm must be less than or equal to EvaluationPeriods.');
  return {
    metric: { namespace, name, dimensions: toDimensions(input.Dimensions ?? []) },
    unit: input.Unit,
    statistic,
    periodSeconds: period,
    evaluationPeriods: periods,
    datapointsToAlarm: needed,
    threshold,
    comparison,
    missingData: parseMissingData(input.TreatMissingData),
  };
}

function parseMissingData(text = 'missing'): AlarmSettings['missingData'] {
  if (text === 'missing' || text === 'notBreaching' || text === 'breaching' || text === 'ignore') return text;
  return invalid(`The value ${text} for parameter TreatMissingData is not one of breaching, notBreaching, ignore, missing.`);
}

function describeAlarms(alarms: AlarmRecords, input: cloudwatch.DescribeAlarmsInput): cloudwatch.DescribeAlarmsOutput {
  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidNextToken', 'Invalid parameter NextToken.');
  const wanted = input.AlarmTypes === undefined || input.AlarmTypes.includes('MetricAlarm') ? alarms.all() : [];
  const found = wanted.filter((alarm) => matches(alarm, input));
  const to = from + (input.MaxRecords ?? 50);
  return {
    CompositeAlarms: [],
    MetricAlarms: found.slice(from, to).map(viewAlarm),
    ...(to < found.length && { NextToken: String(to) }),
  };
}

function matches({ name, verdict }: Alarm, input: cloudwatch.DescribeAlarmsInput): boolean {
  return (
    (input.AlarmNames === undefined || input.AlarmNames.length === 0 || input.AlarmNames.includes(name)) &&
    name.startsWith(input.AlarmNamePrefix ?? '') &&
    (input.StateValue === undefined || input.StateValue === verdict.state)
  );
}

function viewAlarm({
  name,
  arn,
  description,
  settings,
  actions,
  configuredAt,
  verdict,
  changedAt,
}: Alarm): cloudwatch.MetricAlarm {
  const { statistic } = settings;
  return {
    AlarmName: name,
    AlarmArn: arn,
    AlarmDescription: description,
    AlarmConfigurationUpdatedTimestamp: configuredAt,
    ActionsEnabled: actions.enabled,
    AlarmActions: [...actions.alarm],
    OKActions: [...actions.ok],
    InsufficientDataActions: [...actions.noData],
    StateValue: verdict.state,
    StateReason: verdict.reason,
    StateUpdatedTimestamp: changedAt,
    StateTransitionedTimestamp: changedAt,
    MetricName: settings.metric.name,
    Namespace: settings.metric.namespace,
    Dimensions: fromDimensions(settings.metric.dimensions),
    ...(isPlain(statistic) ? { Statistic: statistic } : { ExtendedStatistic: statistic }),
    Period: settings.periodSeconds,
    EvaluationPeriods: settings.evaluationPeriods,
    DatapointsToAlarm: settings.datapointsToAlarm,
    Threshold: settings.threshold,
    ComparisonOperator: settings.comparison,
    TreatMissingData: settings.missingData,
  };
}
