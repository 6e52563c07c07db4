import type { TuningRecord } from '../../records/tuning-record.ts';
import { type ActiveJobs, createActiveJobs } from '../jobs/active.ts';
import { saveState } from '../jobs/state.ts';
import { cancelledError, orCancelled } from '../train-model/cancel.ts';
import { upload } from '../train-model/contents.ts';
import type { Settings, TuneDeps } from './deps.ts';
import { findFailure, listWarnings } from './failures.ts';
import { settleSearch } from './finish.ts';
import { drawLeaderboard } from './leaderboard.ts';
import { writeOutputs } from './outputs.ts';
import { type Preparation, prepare } from './prepare.ts';
import { announce, describeOutcome } from './report-lines.ts';
import { tuneOne } from './tune.ts';

/** GitHub gives 7.5 s after SIGINT and 2.5 s more after SIGTERM; the post step follows. */
const cancelGraceMs = 6_000;

/**
 * Searches for the best hyperparameters.
 * @throws ActionError when anything is wrong, the search has no result, or the workflow was cancelled
 */
export async function run(settings: Settings, warnings: readonly string[], deps: TuneDeps): Promise<TuningRecord> {
  const active = createActiveJobs(deps);
  const guarded = untilCancelled(deps);
  try {
    const preparation = await orCancelled(prepare(settings, warnings, guarded), deps.signal);
    announce(preparation, deps.log);
    const record = await orCancelled(carryOut(preparation, settings, active, guarded), deps.signal);
    return conclude(record, deps);
  } catch (error) {
    if (deps.signal.aborted) await active.stopAll('the workflow was cancelled', cancelGraceMs);
    throw error;
  }
}

/** The same ports, through which nothing is created or written after a cancel: what still runs cannot undo what the cancel has written. */
function untilCancelled(deps: TuneDeps): TuneDeps {
  const check = () => {
    if (deps.signal.aborted) throw cancelledError();
  };
  const guard = <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) => {
    return async (...args: Args): Promise<Answer> => {
      check();
      return call(...args);
    };
  };
  return {
    ...deps,
    jobs: { ...deps.jobs, start: guard((request) => deps.jobs.start(request)) },
    records: { ...deps.records, write: guard((record) => deps.records.write(record)) },
  };
}

async function carryOut(
  preparation: Preparation,
  settings: Settings,
  active: ActiveJobs<TuningRecord>,
  deps: TuneDeps,
): Promise<TuningRecord> {
  const { decision, plan, contents, unsettled } = preparation;
  const { region, bucket, spec } = settings;
  if (decision.kind === 'launch') await upload(contents, deps);
  const { runId } = deps.context.workflow;
  const metrics = { ...spec.metrics };
  saveState(deps.step, 'tune-model', { region, bucket, zone: deps.zone, runId, baseNames: [plan.baseName], metrics });
  for (const { record, job } of unsettled) await deps.records.write(await settleSearch(record, job, new Map(), metrics, deps));
  return tuneOne(preparation, settings, active, deps);
}

function conclude(record: TuningRecord, { log, step }: TuneDeps): TuningRecord {
  writeOutputs(record, step);
  for (const line of drawLeaderboard(record)) log.info(line);
  log.info(describeOutcome(record));
  const failure = findFailure(record);
  if (failure) throw failure;
  for (const warning of listWarnings(record)) log.warning(warning);
  return record;
}
