import { isFinal, type RunRecord } from '../../records/record.ts';
import { hasEnded, type TrainingJob } from '../ports.ts';
import type { SettleDeps } from './deps.ts';
import { followLog } from './follow-log.ts';
import { type Patience, settle } from './settle.ts';

/** A planned job that nobody sees this long after its plan was never created. */
const lostAfterMs = 10 * 60_000;
/** Whoever watches a job has written its end down by then: figures of CPU are waited for longest, three minutes. */
const watchedForMs = 5 * 60_000;
const patience: Patience = { metricsSeconds: 5, logSeconds: 5 };

/** Settles the record of a job that ended while nobody watched it, and writes it. Its log is read for the curves, not shown. */
export async function finishRecord(
  record: RunRecord,
  job: TrainingJob,
  metrics: Readonly<Record<string, string>>,
  waits: Patience,
  deps: SettleDeps,
): Promise<RunRecord> {
  const silent = { ...deps, log: { ...deps.log, untrusted: () => undefined } };
  const follower = followLog({ label: record.label, name: record.name, hosts: job.instanceCount }, metrics, silent);
  const settled = await settle(record, job, follower, waits, silent);
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

/** Whose records may be finished. */
interface Scope {
  /** Only its records: another spec's metrics are read by other expressions. */
  readonly spec: { readonly name: string; readonly path: string; readonly metrics: Readonly<Record<string, string>> };
  /** A workflow run of which it is known that it watches its jobs no more. */
  readonly runId?: string;
}

/**
 * Brings unfinished records up to date whose jobs have ended and that nobody watches: handed over by `wait: false`, or left
 * behind by a runner that died. Jobs that still run are left alone. Gives all records back, in their order; one that cannot be
 * finished now stays as it is, with a warning.
 */
export async function finishUnwatched(records: readonly RunRecord[], scope: Scope, deps: SettleDeps): Promise<RunRecord[]> {
  const { name, path } = scope.spec;
  return Promise.all(
    records.map(async (record) => {
      if (isFinal(record.state) || record.spec.name !== name || record.spec.path !== path) return record;
      try {
        return await finishOne(record, scope, deps);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        deps.log.warning(`${record.name} could not be brought up to date: ${why}`);
        return record;
      }
    }),
  );
}

async function finishOne(record: RunRecord, { spec, runId }: Scope, given: SettleDeps): Promise<RunRecord> {
  const deps = findSide(record, given);
  if (!deps) return record;
  const job = await deps.jobs.describe(record.name);
  const now = deps.clock.now();
  if (job) {
    const unwatched = record.workflow.runId === runId || isUnwatched(record, job, now);
    return unwatched && hasEnded(job) ? finishRecord(record, job, spec.metrics, patience, deps) : record;
  }
  if (record.state.status !== 'planned' || getAgeMs(record, now) <= lostAfterMs) return record;
  const lost = neverCreated(record, 'its workflow ended', now);
  await deps.records.write(lost);
  return lost;
}

/** Where the jobs of this record are: SageMaker, or EC2 when that can be looked at. */
function findSide(record: RunRecord, deps: SettleDeps): SettleDeps | undefined {
  if (record.on !== 'ec2') return deps;
  return deps.ec2 && { ...deps, ...deps.ec2 };
}

function isUnwatched(record: RunRecord, { trainingEnded }: TrainingJob, now: Date): boolean {
  if (record.handedOver) return true;
  if (trainingEnded) return now.getTime() - trainingEnded.getTime() > watchedForMs;
  return getAgeMs(record, now) > record.asked.maxRuntimeSeconds * 1000 + lostAfterMs;
}

function getAgeMs(record: RunRecord, now: Date): number {
  return now.getTime() - Date.parse(record.times.planned);
}
