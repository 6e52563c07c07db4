import type * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type * as logs from '@aws-sdk/client-cloudwatch-logs';
import { access, anywhere, type AccessTable, arnOf, pairs, requestTags, type Scope } from './scope.ts';

const alarm = (scope: Scope, name = '*') => arnOf(scope, 'cloudwatch', `alarm:${name}`);

export const cloudWatchAccess = {
  DeleteAlarms: (input: cloudwatch.DeleteAlarmsInput, scope: Scope) =>
    (input.AlarmNames ?? []).map((name) => access('cloudwatch:DeleteAlarms', alarm(scope, name))),
  DescribeAlarms: (_input: cloudwatch.DescribeAlarmsInput, scope: Scope) => [access('cloudwatch:DescribeAlarms', alarm(scope))],
  GetMetricData: anywhere('cloudwatch:GetMetricData'),
  GetMetricStatistics: anywhere('cloudwatch:GetMetricStatistics'),
  ListMetrics: anywhere('cloudwatch:ListMetrics'),
  PutMetricAlarm: (input: cloudwatch.PutMetricAlarmInput, scope: Scope) => [
    access('cloudwatch:PutMetricAlarm', alarm(scope, input.AlarmName), requestTags(pairs(input.Tags))),
  ],
  PutMetricData: (input: cloudwatch.PutMetricDataInput) => [
    access('cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': [input.Namespace ?? ''] }),
  ],
  SetAlarmState: (input: cloudwatch.SetAlarmStateInput, scope: Scope) => [
    access('cloudwatch:SetAlarmState', alarm(scope, input.AlarmName)),
  ],
} satisfies AccessTable;

const group = (scope: Scope, name = '') => arnOf(scope, 'logs', `log-group:${name}`);
/** A group's streams are asked for as a stream without a name. */
const stream = (scope: Scope, groupName: string | undefined, name = '') => `${group(scope, groupName)}:log-stream:${name}`;

interface InStream {
  readonly logGroupName?: string | undefined;
  readonly logStreamName?: string | undefined;
}
const onStream = (action: string) => (input: InStream, scope: Scope) => [
  access(`logs:${action}`, stream(scope, input.logGroupName, input.logStreamName)),
];

export const logsAccess = {
  CreateLogGroup: (input: logs.CreateLogGroupRequest, scope: Scope) => [
    access('logs:CreateLogGroup', group(scope, input.logGroupName), requestTags(Object.entries(input.tags ?? {}))),
  ],
  CreateLogStream: onStream('CreateLogStream'),
  DescribeLogGroups: (_input: logs.DescribeLogGroupsRequest, scope: Scope) => [
    access('logs:DescribeLogGroups', `${group(scope)}:log-stream:*`),
  ],
  DescribeLogStreams: (input: logs.DescribeLogStreamsRequest, scope: Scope) => [
    access('logs:DescribeLogStreams', stream(scope, input.logGroupName)),
  ],
  FilterLogEvents: (input: logs.FilterLogEventsRequest, scope: Scope) => [
    access('logs:FilterLogEvents', stream(scope, input.logGroupName)),
  ],
  GetLogEvents: onStream('GetLogEvents'),
  PutLogEvents: onStream('PutLogEvents'),
} satisfies AccessTable;
