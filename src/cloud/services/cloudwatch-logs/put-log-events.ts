import type { PutLogEventsRequest, PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../contract.ts';
import type { LogRecords } from './store.ts';

/** Of a batch, events older than 14 days or more than 2 hours ahead are rejected, as AWS does; the rest is kept. */
export function putLogEvents(records: LogRecords, now: Date, input: PutLogEventsRequest): PutLogEventsResponse {
  const group = input.logGroupName ?? '';
  const name = input.logStreamName ?? '';
  if (!records.group(group).streams.has(name))
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  const events = (input.logEvents ?? []).map((event) => ({ timestamp: event.timestamp ?? 0, message: event.message ?? '' }));
  if (events.some((event, index) => event.timestamp < (events[index - 1]?.timestamp ?? 0))) {
    throw new AwsError(
      'InvalidParameterException',
      'Log events in a single PutLogEvents request must be in chronological order.',
    );
  }
  const oldest = now.getTime() - 14 * 86_400_000;
  const newest = now.getTime() + 2 * 3_600_000;
  const kept = events.filter((event) => event.timestamp >= oldest && event.timestamp <= newest);
  records.append(
    group,
    name,
    kept.map((event) => ({ at: new Date(event.timestamp), message: event.message })),
  );
  const tooOld = events.filter((event) => event.timestamp < oldest).length;
  const tooNew = events.findIndex((event) => event.timestamp > newest);
  return {
    nextSequenceToken: String(now.getTime()).padStart(56, '0'),
    ...(kept.length < events.length && {
      rejectedLogEventsInfo: {
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
      },
    }),
  };
}
