import type {
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../contract.ts';
import { getGroupName } from './group-name.ts';
import type { LogRecords, LogStream } from './store.ts';

/** Where the groups live, for their ARNs. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

export function describeLogGroups(records: LogRecords, place: Place, input: DescribeLogGroupsRequest): DescribeLogGroupsResponse {
  const groups = records
    .groups()
    .filter(({ name }) =>
      input.logGroupNamePattern === undefined
        ? name.startsWith(input.logGroupNamePrefix ?? '')
        : name.includes(input.logGroupNamePattern),
    );
  const { page, nextToken } = paginate(groups, input.limit ?? 50, input.nextToken);
  return {
    logGroups: page.map((group) => ({
      logGroupName: group.name,
      creationTime: group.createdMs,
      arn: `${arnOf(place, group.name)}:*`,
      logGroupArn: arnOf(place, group.name),
      metricFilterCount: 0,
      storedBytes: 0,
    })),
    ...(nextToken && { nextToken }),
  };
}

export function describeLogStreams(
  records: LogRecords,
  place: Place,
  input: DescribeLogStreamsRequest,
): DescribeLogStreamsResponse {
  if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) {
    throw new AwsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const group = getGroupName(input);
  const streams = records.streams(group).filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''));
  const key = (stream: LogStream) =>
    input.orderBy === 'LastEventTime' ? (records.visibleEvents(stream).at(-1)?.timestamp ?? 0) : stream.name;
  streams.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  if (input.descending) streams.reverse();
  const { page, nextToken } = paginate(streams, input.limit ?? 50, input.nextToken);
  return {
    logStreams: page.map((stream) => viewStream(records, stream, `${arnOf(place, group)}:log-stream:${stream.name}`)),
    ...(nextToken && { nextToken }),
  };
}

function viewStream(records: LogRecords, stream: LogStream, arn: string) {
  const events = records.visibleEvents(stream);
  const [first, last] = [events[0], events.at(-1)];
  return {
    logStreamName: stream.name,
    creationTime: stream.createdMs,
    arn,
    storedBytes: 0,
    ...(first && { firstEventTimestamp: first.timestamp }),
    ...(last && { lastEventTimestamp: last.timestamp, lastIngestionTime: last.ingestionTime }),
  };
}

const arnOf = (place: Place, group: string) => `arn:aws:logs:${place.region}:${place.account}:log-group:${group}`;

/** Pages of a list that is made anew at each call; the token is the index of the next item. */
function paginate<Item>(items: readonly Item[], limit: number, token: string | undefined): { page: Item[]; nextToken?: string } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  const to = from + limit;
  return { page: items.slice(from, to), ...(to < items.length && { nextToken: String(to) }) };
}
