import { isFinal, type RunRecord } from '../../records/record.ts';
import { isJobOf } from '../../training/identity.ts';
import { hasEnded, type TrainingJob } from '../../training/ports.ts';
import type { EndDeps } from './deps.ts';
import { finishRecord, neverCreated } from '../../training/settling/finish.ts';
import type { SavedState } from './state.ts';

/** `post` may take five minutes in all; the end of a job is waited for this long. */
const maxWaitMs = 90_000;
/** A create call that was on its way when main was killed shows its job by then. */
const unseenMs = 10_000;
const lookMs = 1_000;
const why = 'the workflow was cancelled';

/**
 * Ends what main left behind, from the saved state and the records alone: asks every job that nobody watches any more to
 * stop, waits for its end, and settles its record. Jobs that were handed over are left alone.
 * @returns how many records were brought up to date
 */
export async function endRuns(state: SavedState, deps: EndDeps): Promise<number> {
  const records = await deps.records.readRun(state.runId);
  const left = records.filter(
    (record) => !isFinal(record.state) && !record.handedOver && state.baseNames.some((base) => isJobOf(base, record.name)),
  );
  await Promise.all(
    left.map(async (record) => {
      try {
        await endOne(record, state.metrics, deps);
      } catch (error) {
        deps.log.warning(`${record.name} could not be brought to an end: ${describe(error)}`, 'Look at this job in AWS');
      }
    }),
  );
  return left.length;
}

async function endOne(first: RunRecord, metrics: SavedState['metrics'], deps: EndDeps): Promise<void> {
  let record = first;
  // Only a plan may turn out to be nothing: everything else was seen or answered for.
  let exists = first.state.status !== 'planned';
  const start = deps.clock.now().getTime();
  for (;;) {
    const job = await look(record.name, deps);
    const waited = deps.clock.now().getTime() - start;
    if (job && hasEnded(job)) return finish(record, job, metrics, deps);
    if (job === undefined && !exists && waited >= unseenMs) return forget(record, deps);
    if (waited >= maxWaitMs) break;
    const answer = job?.status === 'Stopping' ? 'requested' : await requestStop(record, deps);
    exists ||= answer !== 'missing';
    if (answer === 'requested') record = await writeRequest(record, deps);
    await deps.clock.sleep(lookMs);
  }
  const since = record.state.status === 'stop-requested' ? ` since ${record.state.at}` : '';
  deps.log.warning(
    `${record.name} has not been seen to end: a stop is requested${since}. It is billed until it ends, and ends by itself after max-runtime.`,
    'Not yet confirmed',
  );
}

/** The job, undefined when there is none, null when that cannot be told now. */
async function look(name: string, deps: EndDeps): Promise<TrainingJob | undefined | null> {
  try {
    return await deps.jobs.describe(name);
  } catch (error) {
    deps.log.warning(`${name} cannot be seen now: ${describe(error)}`);
    return null;
  }
}

/** Asks again on every look: the first request may have come before the job did. */
async function requestStop(record: RunRecord, deps: EndDeps): Promise<'requested' | 'ended' | 'missing'> {
  try {
    return await deps.jobs.stop(record.name);
  } catch (error) {
    deps.log.warning(`${record.name} could not be asked to stop: ${describe(error)}`);
    return 'missing';
  }
}

async function writeRequest(record: RunRecord, deps: EndDeps): Promise<RunRecord> {
  if (record.state.status === 'stop-requested') return record;
  const at = deps.clock.now().toISOString();
  const requested: RunRecord = {
    ...record,
    state: { status: 'stop-requested', at, why },
    times: { ...record.times, updated: at },
  };
  await deps.records.write(requested);
  deps.log.info(`${record.label}: stop of ${record.name} requested.`);
  return requested;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function finish(record: RunRecord, job: TrainingJob, metrics: SavedState['metrics'], deps: EndDeps): Promise<void> {
  const settled = await finishRecord(record, job, metrics, { metricsSeconds: 10, logSeconds: 5 }, deps);
  deps.log.info(`${settled.label}: ${settled.name} ended: ${settled.state.status}.`);
}

async function forget(record: RunRecord, deps: EndDeps): Promise<void> {
  await deps.records.write(neverCreated(record, why, deps.clock.now()));
  deps.log.info(`${record.label}: ${record.name} was never created.`);
}
