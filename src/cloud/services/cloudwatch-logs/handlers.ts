import type * as logs from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../../time/clock.ts';
import type { Call } from '../../contract.ts';
import { describeLogGroups, describeLogStreams } from './describe.ts';
import { filterLogEvents } from './filter-log-events.ts';
import { getLogEvents } from './get-log-events.ts';
import { putLogEvents } from './put-log-events.ts';
import type { LogRecords } from './store.ts';

const placeOf = (call: Call) => ({ account: '000000000000', region: call.region });

/** CloudWatch Logs, by operation. */
export function createLogHandlers(records: LogRecords, clock: Clock) {
  return {
    CreateLogGroup: (input: logs.CreateLogGroupRequest) => {
      records.createGroup(input.logGroupName ?? '');
      return {};
    },
    CreateLogStream: (input: logs.CreateLogStreamRequest) => {
      records.createStream(input.logGroupName ?? '', input.logStreamName ?? '');
      return {};
    },
    DescribeLogGroups: (input: logs.DescribeLogGroupsRequest, call: Call) => describeLogGroups(records, placeOf(call), input),
    DescribeLogStreams: (input: logs.DescribeLogStreamsRequest, call: Call) => describeLogStreams(records, placeOf(call), input),
    FilterLogEvents: (input: logs.FilterLogEventsRequest) => filterLogEvents(records, input),
    GetLogEvents: (input: logs.GetLogEventsRequest) => getLogEvents(records, input),
    PutLogEvents: (input: logs.PutLogEventsRequest) => putLogEvents(records, clock.now(), input),
  };
}
