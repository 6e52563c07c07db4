import { isFinal, type RunRecord } from '../../records/record.ts';
import type { TrainingJob } from '../../training/ports.ts';
import type { SettleDeps } from './deps.ts';
import { followLog } from './follow-log.ts';
import { type Patience, settle } from './settle.ts';
import { hasEnded } from './watch.ts';

/** A planned job that nobody sees this long after its plan was never created. */
const lostAfterMs = 10 * 60_000;

/** Settles the record of a job that ended while nobody watched it, and writes it. Its log is read for the curves, not shown. */
export async function finishRecord(
  record: RunRecord,
  job: TrainingJob,
  metrics: Readonly<Record<string, string>>,
  patience: Patience,
  deps: SettleDeps,
): Promise<RunRecord> {
  const silent = { ...deps, log: { ...deps.log, untrusted: () => undefined } };
  const follower = followLog({ label: record.label, name: record.name, hosts: job.instanceCount }, metrics, silent);
  const settled = await settle(record, job, follower, patience, silent);
  await deps.records.write(settled);
  return settled;
}

/** The record of a job that was planned and never came into being. */
export function neverCreated(record: RunRecord, why: string, now: Date): RunRecord {
  const { handedOver: _, ...rest } = record;
  return {
    ...rest,
    state: { status: 'stopped', cause: 'cancelled', reason: `${why} before the job was created` },
    times: { ...record.times, updated: now.toISOString() },
    billedSeconds: 0,
    costUsd: 0,
  };
}

/**
 * Brings unfinished records up to date whose jobs nobody watches: handed over by `wait: false`, or left behind by a runner
 * that died. Jobs that still run are left alone. Gives all records back, in their order.
 */
export async function finishUnwatched(
  records: readonly RunRecord[],
  metrics: Readonly<Record<string, string>>,
  deps: SettleDeps,
): Promise<RunRecord[]> {
  const patience: Patience = { metricsSeconds: 5, logSeconds: 5 };
  return Promise.all(
    records.map(async (record) => {
      if (isFinal(record.state) || !isUnwatched(record, deps.clock.now())) return record;
      const job = await deps.jobs.describe(record.name);
      if (job) return hasEnded(job) ? finishRecord(record, job, metrics, patience, deps) : record;
      const lost = neverCreated(record, 'its workflow ended', deps.clock.now());
      if (record.state.status === 'planned') await deps.records.write(lost);
      return record.state.status === 'planned' ? lost : record;
    }),
  );
}

/** Whoever watches a job is over it by the time limit at the latest; a plan is followed by its create call at once. */
function isUnwatched(record: RunRecord, now: Date): boolean {
  const age = now.getTime() - Date.parse(record.times.planned);
  if (record.handedOver) return true;
  return age > (record.state.status === 'planned' ? lostAfterMs : record.asked.maxRuntimeSeconds * 1000 + lostAfterMs);
}
