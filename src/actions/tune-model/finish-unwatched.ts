import { isFinal } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import type { Spec } from '../../spec/spec.ts';
import { hasEnded } from '../../training/ports.ts';
import type { EndDeps } from './deps.ts';
import { neverCreated, settleSearch } from './finish.ts';

/** Whoever watches a search has written its end down by then. */
const watchedForMs = 5 * 60_000;
/** A planned search that nobody sees this long after its plan was never created. */
const lostAfterMs = 10 * 60_000;

/**
 * Brings unfinished records of this spec up to date whose searches have ended and that nobody watches: handed over by `wait: false`,
 * or left behind by a runner that died. Gives all records back, in their order; one that cannot be finished now stays as it is, with a
 * warning.
 */
export async function finishUnwatchedSearches(
  records: readonly TuningRecord[],
  spec: Pick<Spec, 'name' | 'path' | 'metrics'>,
  deps: EndDeps,
): Promise<TuningRecord[]> {
  return Promise.all(
    records.map(async (record) => {
      if (isFinal(record.state) || record.spec.name !== spec.name || record.spec.path !== spec.path) return record;
      try {
        const finished = await finishOne(record, spec.metrics, deps);
        if (finished) await deps.records.write(finished);
        return finished ?? record;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        deps.log.warning(`${record.name} could not be brought up to date: ${why}`);
        return record;
      }
    }),
  );
}

/** Undefined for one that still runs or that somebody may still watch. */
async function finishOne(record: TuningRecord, metrics: Spec['metrics'], deps: EndDeps): Promise<TuningRecord | undefined> {
  const job = await deps.jobs.describe(record.name);
  const now = deps.clock.now();
  if (!job) {
    const lost = record.state.status === 'planned' && now.getTime() - Date.parse(record.times.planned) > lostAfterMs;
    return lost ? neverCreated(record, 'its workflow ended', now) : undefined;
  }
  const unwatched = record.handedOver || now.getTime() - (job.ended ?? now).getTime() > watchedForMs;
  return hasEnded(job) && unwatched ? settleSearch(record, job, new Map(), metrics, deps) : undefined;
}
