import { isFinal } from '../../records/record.ts';
import { isJobOf } from '../../training/identity.ts';
import type { RecordStore } from '../../records/store.ts';
import type { TrainingJobs } from '../../training/ports.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import { finishRecord, neverCreated } from '../../training/settling/finish.ts';
import { endJobs } from '../jobs/end.ts';
import type { SavedState } from '../jobs/state.ts';

interface EndRunsDeps extends Omit<SettleDeps, 'jobs' | 'records'> {
  readonly jobs: Pick<TrainingJobs, 'describe' | 'stop'>;
  readonly records: RecordStore;
}

/**
 * Ends what main left behind, from the saved state and the records alone: asks every job that nobody watches any more to
 * stop, waits for its end, and settles its record. Jobs that were handed over are left alone.
 * @returns how many records were brought up to date
 */
export async function endRuns(state: SavedState, deps: EndRunsDeps): Promise<number> {
  const records = await deps.records.readRun(state.runId);
  const left = records.filter(
    (record) => !isFinal(record.state) && !record.handedOver && state.baseNames.some((base) => isJobOf(base, record.name)),
  );
  await endJobs(left, {
    ...deps,
    finish: (record, job) => finishRecord(record, job, state.metrics, { metricsSeconds: 10, logSeconds: 5 }, deps),
    neverCreated,
  });
  return left.length;
}
