import type { GetLogEventsRequest, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { comparePosition, formatToken, parseToken, type Position } from './position.ts';
import { getGroupName } from './group-name.ts';
import type { LogEvent, LogRecords } from './store.ts';

const mostEvents = 10_000;
const mostBytes = 1_048_576;

/** Pages over one stream. At the end the answer is empty and repeats the token it was given; asked again later, it gives exactly what is new. */
export function getLogEvents(records: LogRecords, input: GetLogEventsRequest): GetLogEventsResponse {
  const stream = records.stream(getGroupName(input), input.logStreamName ?? '');
  const events = records.visibleEvents(stream).filter((event) => isWithin(event, input));
  const from = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
  const page = findPage(events, from, input.startFromHead === true, input.limit ?? mostEvents);
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: tokenAt('f', page.at(-1), from),
    nextBackwardToken: tokenAt('b', page[0], from),
  };
}

function findPage(events: LogEvent[], from: Position | undefined, fromHead: boolean, limit: number): LogEvent[] {
  if (from ? from.direction === 'f' : fromHead) {
    return takeBounded(from ? events.filter((event) => comparePosition(event, from) > 0) : events, limit);
  }
  const before = from ? events.filter((event) => comparePosition(event, from) < 0) : events;
  return takeBounded(before.toReversed(), limit).toReversed();
}

/** A page is at most `limit` events and 1 MiB, and never empty while there are events. */
function takeBounded(events: readonly LogEvent[], limit: number): LogEvent[] {
  let bytes = 0;
  const taken: LogEvent[] = [];
  for (const event of events) {
    bytes += Buffer.byteLength(event.message) + 26;
    if (taken.length >= limit || (bytes > mostBytes && taken.length > 0)) break;
    taken.push(event);
  }
  return taken;
}

/** An empty page stays where it is: the same place, in either direction. */
function tokenAt(direction: 'f' | 'b', event: LogEvent | undefined, from: Position | undefined): string {
  const { timestamp, sequence } = event ?? from ?? { timestamp: 0, sequence: 0 };
  return formatToken({ direction, timestamp, sequence });
}

/** `startTime` is inclusive, `endTime` is not. */
export function isWithin(event: LogEvent, range: { startTime?: number | undefined; endTime?: number | undefined }): boolean {
  return event.timestamp >= (range.startTime ?? 0) && event.timestamp < (range.endTime ?? Infinity);
}
