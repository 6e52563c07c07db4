import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Call } from '../../../../src/cloud/contract.ts';
import { createLogHandlers } from '../../../../src/cloud/services/cloudwatch-logs/handlers.ts';
import { createLogRecords, type LogRecords } from '../../../../src/cloud/services/cloudwatch-logs/store.ts';

const call: Call = { requestId: '1', region: 'us-east-1', principal: '', headers: {} };
const start = Date.UTC(2026, 0, 1);
let now: number;
let weather: { logsDelayMs: number };
let records: LogRecords;
let logs: ReturnType<typeof createLogHandlers>;

beforeEach(() => {
  now = start;
  weather = { logsDelayMs: 0 };
  const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
  records = createLogRecords({ clock, weather: weather });
  logs = createLogHandlers(records, clock);
});

const write = (...messages: string[]) =>
  records.append(
    'group',
    'stream',
    messages.map((message) => ({ at: new Date(now), message })),
  );
const read = (nextToken?: string, limit?: number) =>
  logs.GetLogEvents({ logGroupName: 'group', logStreamName: 'stream', startFromHead: true, nextToken, limit });
const messagesOf = (answer: { events?: { message?: string | undefined }[] | undefined }) =>
  answer.events?.map((event) => event.message);

describe('reading a stream', () => {
  test('at the end the token stays, and later gives exactly what is new', () => {
    write('a', 'b');
    const first = read();
    expect(messagesOf(first)).toEqual(['a', 'b']);
    const second = read(first.nextForwardToken);
    expect(messagesOf(second)).toEqual([]);
    expect(second.nextForwardToken).toBe(first.nextForwardToken);
    write('c');
    expect(messagesOf(read(second.nextForwardToken))).toEqual(['c']);
  });

  test('however lines arrive and pages are cut, each line is read once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(2), fc.integer({ min: 1, max: 4 }))), (steps) => {
        const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
        records = createLogRecords({ clock, weather: weather });
        logs = createLogHandlers(records, clock);
        write('first');
        let token: string | undefined;
        const seen: (string | undefined)[] = [];
        let written = 0;
        for (const [lines, ms, limit] of [...steps, [0, 0, 10_000] as const]) {
          now += ms;
          write(...Array.from({ length: lines }, () => String(written++)));
          const page = read(token, limit);
          seen.push(...(messagesOf(page) ?? []));
          token = page.nextForwardToken;
        }
        expect(seen).toEqual(['first', ...Array.from({ length: written }, (_, n) => String(n))]);
      }),
    );
  });

  test('from the tail, backwards', () => {
    for (const message of ['a', 'b', 'c', 'd']) {
      now++;
      write(message);
    }
    const last = logs.GetLogEvents({ logGroupName: 'group', logStreamName: 'stream', limit: 2 });
    expect(messagesOf(last)).toEqual(['c', 'd']);
    const before = logs.GetLogEvents({ logGroupName: 'group', logStreamName: 'stream', nextToken: last.nextBackwardToken });
    expect(messagesOf(before)).toEqual(['a', 'b']);
    expect(messagesOf(read(last.nextForwardToken))).toEqual([]);
  });

  test('a page holds at most 1 MiB, and at least one line', () => {
    write('x'.repeat(700_000), 'y'.repeat(700_000), 'z'.repeat(2_000_000));
    const pages: number[] = [];
    let token: string | undefined;
    for (let page = read(); page.events?.length; page = read(token)) {
      pages.push(page.events.length);
      token = page.nextForwardToken;
    }
    expect(pages).toEqual([1, 1, 1]);
  });

  test('in some weather lines, and streams, show later', () => {
    weather.logsDelayMs = 1000;
    write('a');
    expect(() => read()).toThrow('The specified log stream does not exist.');
    now += 1000;
    const first = read();
    write('b');
    expect(messagesOf(first)).toEqual(['a']);
    expect(messagesOf(read(first.nextForwardToken))).toEqual([]);
    now += 1000;
    expect(messagesOf(read(first.nextForwardToken))).toEqual(['b']);
  });

  test.each([
    [
      'a group',
      () => logs.GetLogEvents({ logGroupName: 'none', logStreamName: 'stream' }),
      'The specified log group does not exist.',
    ],
    [
      'a stream',
      () => logs.GetLogEvents({ logGroupName: 'group', logStreamName: 'none' }),
      'The specified log stream does not exist.',
    ],
    ['a token', () => read('f/1/s'), 'The specified nextToken is invalid.'],
    ['a batch out of order', () => put([2, 1]), 'Log events in a single PutLogEvents request must be in chronological order.'],
    ['a group that is there', () => logs.CreateLogGroup({ logGroupName: 'group' }), 'The specified log group already exists'],
    [
      'a stream that is there',
      () => logs.CreateLogStream({ logGroupName: 'group', logStreamName: 'stream' }),
      'The specified log stream already exists',
    ],
  ])('wrong: %s', (_, act, message) => {
    write('a');
    expect(act).toThrow(message);
  });
});

const put = (offsets: readonly number[]) =>
  logs.PutLogEvents({
    logGroupName: 'group',
    logStreamName: 'stream',
    logEvents: offsets.map((offset) => ({ timestamp: now + offset, message: String(offset) })),
  });

describe('finding', () => {
  test('streams by prefix, in pages', () => {
    for (const name of ['job-1/algo-1', 'job-1/algo-2', 'job-2/algo-1'])
      records.append('group', name, [{ at: new Date(now), message: 'x' }]);
    const first = logs.DescribeLogStreams({ logGroupName: 'group', logStreamNamePrefix: 'job-1/', limit: 1 }, call);
    expect(first.logStreams?.map((stream) => stream.logStreamName)).toEqual(['job-1/algo-1']);
    expect(first.logStreams?.[0]).toMatchObject({ firstEventTimestamp: now, lastEventTimestamp: now });
    const second = logs.DescribeLogStreams(
      { logGroupName: 'group', logStreamNamePrefix: 'job-1/', limit: 1, nextToken: first.nextToken },
      call,
    );
    expect(second.logStreams?.map((stream) => stream.logStreamName)).toEqual(['job-1/algo-2']);
    expect(second.nextToken).toBeUndefined();
    expect(() =>
      logs.DescribeLogStreams({ logGroupName: 'group', logStreamNamePrefix: 'j', orderBy: 'LastEventTime' }, call),
    ).toThrow('Cannot order by LastEventTime with a logStreamNamePrefix.');
  });

  test.each([
    ['', ['error one', 'error two', 'fine']],
    ['error', ['error one', 'error two']],
    ['error two', ['error two']],
    ['"error one"', ['error one']],
    ['error -two', ['error one']],
    ['?one ?fine', ['error one', 'fine']],
  ])('lines that match %j', (filterPattern, expected) => {
    write('error one', 'error two', 'fine');
    expect(messagesOf(logs.FilterLogEvents({ logGroupName: 'group', filterPattern }))).toEqual(expected);
  });

  test('lines of several streams come in order of time and in pages', () => {
    records.append('group', 'one', [
      { at: new Date(1), message: 'a' },
      { at: new Date(3), message: 'c' },
    ]);
    records.append('group', 'two', [{ at: new Date(2), message: 'b' }]);
    const first = logs.FilterLogEvents({ logGroupName: 'group', limit: 2 });
    expect(messagesOf(first)).toEqual(['a', 'b']);
    expect(messagesOf(logs.FilterLogEvents({ logGroupName: 'group', nextToken: first.nextToken }))).toEqual(['c']);
  });
});

test('what is too old or too far ahead is refused, the rest is kept', () => {
  logs.CreateLogGroup({ logGroupName: 'group' });
  logs.CreateLogStream({ logGroupName: 'group', logStreamName: 'stream' });
  const day = 86_400_000;
  expect(put([-15 * day, 0, day]).rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
  expect(messagesOf(read())).toEqual(['0']);
  expect(logs.DescribeLogGroups({ logGroupNamePrefix: 'gr' }, call).logGroups?.map((group) => group.arn)).toEqual([
    'arn:aws:logs:us-east-1:000000000000:log-group:group:*',
  ]);
});
