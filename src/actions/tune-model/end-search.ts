import { isFinal } from '../../records/record.ts';
import { isJobOf } from '../../training/identity.ts';
import { endJobs } from '../jobs/end.ts';
import type { SavedState } from '../jobs/state.ts';
import type { EndDeps } from './deps.ts';
import { neverCreated, settleSearch } from './finish.ts';

/**
 * Ends what main left behind, from the saved state and the records alone: a search that nobody watches any more is asked to stop, and
 * its record settled. One that was handed over is left alone.
 * @returns how many records were brought up to date
 */
export async function endSearch(state: SavedState, deps: EndDeps): Promise<number> {
  const records = await deps.records.readRun(state.runId);
  const left = records.filter(
    (record) => !isFinal(record.state) && !record.handedOver && state.baseNames.some((base) => isJobOf(base, record.name)),
  );
  await endJobs(left, {
    ...deps,
    finish: async (record, job) => {
      const settled = await settleSearch(record, job, new Map(), state.metrics, deps);
      await deps.records.write(settled);
      return settled;
    },
    neverCreated,
  });
  return left.length;
}
