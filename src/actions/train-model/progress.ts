import type { RunRecord } from '../../records/record.ts';
import type { Log } from '../../runner/ports.ts';
import { findCostUsd } from '../../training/cost.ts';
import { formatUsd } from '../../training/money.ts';
import type { TrainingJob } from '../../training/ports.ts';
import { formatSeconds } from '../../time/duration.ts';

const everyMs = 30_000;
const messageLength = 160;

/**
 * Writes a line when the job's status changes, and one each 30 s while it does not. A look that answers with something older than
 * the last one did (reads lag behind writes) is passed over, so that a run never seems to go backwards.
 */
export function createProgress(record: RunRecord, log: Log): (job: TrainingJob, now: Date, metrics: readonly string[]) => void {
  let status = '';
  let saidAt = Number.NEGATIVE_INFINITY;
  let newest = 0;
  return (job, now, metrics) => {
    const changed = Math.max(0, ...job.transitions.map((transition) => transition.start.getTime()));
    if (changed < newest) return;
    newest = changed;
    const seen = `${job.secondaryStatus}${explainStatus(job)}`;
    if (seen === status && now.getTime() - saidAt < everyMs) return;
    status = seen;
    saidAt = now.getTime();
    const rest = job.trainingEnded ? ['waiting for its last log lines and CPU figures'] : metrics;
    log.info([`${record.label}: ${status}`, ...describeProgress(record, job, now), ...rest].join(', '));
  };
}

/** What the service says of a job that has no instances yet: what it waits for is the first thing one asks. */
function explainStatus(job: TrainingJob): string {
  const message = job.trainingStarted ? undefined : job.transitions.at(-1)?.message;
  return message === undefined || message === '' || message.startsWith(job.secondaryStatus)
    ? ''
    : ` (${message.replaceAll(/\s+/g, ' ').trim().slice(0, messageLength)})`;
}

/** How long it has been going on and what that has cost. Queueing is said apart, because it is not billed. */
function describeProgress(record: RunRecord, job: TrainingJob, now: Date): string[] {
  const since = (start: Date) => ((job.trainingEnded ?? now).getTime() - start.getTime()) / 1000;
  if (!job.trainingStarted) return [`${formatSeconds(since(job.created))} since it was created`, 'nothing billed yet'];
  const seconds = job.billableSeconds ?? Math.max(0, since(job.trainingStarted));
  const usd = findCostUsd(seconds, job.instanceCount, record.price);
  return [
    formatSeconds(seconds),
    usd === undefined ? 'cost unknown' : `${formatUsd(usd)} ${job.trainingEnded ? 'in all' : 'so far'}`,
  ];
}
