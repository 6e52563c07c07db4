import type { FilterLogEventsRequest, FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../contract.ts';
import { isWithin } from './get-log-events.ts';
import { getGroupName } from './group-name.ts';
import { comparePosition, formatToken, parseToken } from './position.ts';
import type { LogRecords } from './store.ts';

/** Events of several streams in order of time; patterns of terms, `"phrases"`, `-terms` that must not occur and `?terms` of which one must. */
export function filterLogEvents(records: LogRecords, input: FilterLogEventsRequest): FilterLogEventsResponse {
  const group = getGroupName(input);
  const matches = parsePattern(input.filterPattern ?? '');
  const from = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
  const streams = records
    .streams(group)
    .filter((stream) => input.logStreamNames?.includes(stream.name) ?? stream.name.startsWith(input.logStreamNamePrefix ?? ''));
  const found = streams
    .flatMap((stream) => records.visibleEvents(stream).map((event) => ({ stream, event })))
    .filter(({ event }) => isWithin(event, input) && matches(event.message) && (!from || comparePosition(event, from) > 0))
    .sort((a, b) => comparePosition(a.event, b.event));
  const page = found.slice(0, input.limit ?? 10_000);
  const last = page.at(-1)?.event;
  return {
    events: page.map(({ stream, event: { timestamp, message, ingestionTime, sequence } }) => ({
      logStreamName: stream.name,
      timestamp,
      message,
      ingestionTime,
      eventId: String(sequence).padStart(56, '0'),
    })),
    searchedLogStreams: [],
    ...(last && found.length > page.length && { nextToken: formatToken({ direction: 'f', ...last }) }),
  };
}

function parsePattern(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (/^[[{%]/.test(text)) {
    throw new AwsError(
      'InvalidParameterException',
      `The local cloud filters by terms only; it cannot evaluate the filter pattern ${text}`,
    );
  }
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, phrase, term]) => ({
    sign,
    text: phrase?.replace(/\\(.)/g, '$1') ?? term ?? '',
  }));
  const any = terms.filter((term) => term.sign === '?');
  return (message) =>
    terms.every((term) => term.sign === '?' || message.includes(term.text) === (term.sign !== '-')) &&
    (any.length === 0 || any.some((term) => message.includes(term.text)));
}
