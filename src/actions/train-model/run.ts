import type { Problem } from '../../action-error.ts';
import type { RunRecord } from '../../records/record.ts';
import { type ActiveJobs, createActiveJobs } from '../jobs/active.ts';
import { isJobOf } from '../../training/identity.ts';
import { orCancelled, untilCancelled } from './cancel.ts';
import { upload } from './contents.ts';
import type { Settings, TrainDeps } from './deps.ts';
import { findFailure, type Result } from './failures.ts';
import { finishRecord } from '../../training/settling/finish.ts';
import { getOutputs, type Outputs, writeOutputs } from './outputs.ts';
import { type Preparation, prepare } from './prepare.ts';
import { announce, describeOutcome, describeTotal } from './report-lines.ts';
import { saveState } from '../jobs/state.ts';
import { trainOne } from './train.ts';

/** GitHub gives 7.5 s after SIGINT and 2.5 s more after SIGTERM; the post step follows. */
const cancelGraceMs = 6_000;

/**
 * Trains the chosen runs side by side.
 * @param problems found while settings were put together; reported with everything found here, before any write
 * @throws ActionError when anything is wrong, a run did not end well, or the workflow was cancelled
 */
export async function run(
  settings: Settings,
  warnings: readonly string[],
  problems: readonly Problem[],
  deps: TrainDeps,
): Promise<Outputs> {
  const active = createActiveJobs(deps);
  const written = new Map<string, RunRecord>();
  const guarded = untilCancelled(deps, (record) => written.set(record.name, record));
  try {
    const preparation = await orCancelled(prepare(settings, warnings, problems, guarded), deps.signal);
    announce(preparation, deps.log);
    const results = await orCancelled(carryOut(preparation, { settings, active, written }, guarded), deps.signal);
    return conclude(results, settings, deps);
  } catch (error) {
    if (deps.signal.aborted) await active.stopAll('the workflow was cancelled', cancelGraceMs);
    throw error;
  }
}

interface Progress {
  readonly settings: Settings;
  readonly active: ActiveJobs<RunRecord>;
  /** Every record as it was last written, by the name of its job. */
  readonly written: ReadonlyMap<string, RunRecord>;
}

async function carryOut(preparation: Preparation, { settings, active, written }: Progress, deps: TrainDeps): Promise<Result[]> {
  const { decisions, basis, contents, unsettled } = preparation;
  const { region, bucket, spec } = settings;
  if (decisions.some((decision) => decision.kind === 'launch')) await upload(contents, deps);
  const baseNames = decisions.map(({ plan }) => plan.baseName);
  saveState(deps.step, 'train-model', {
    region,
    bucket,
    zone: deps.zone,
    runId: deps.context.workflow.runId,
    baseNames,
    metrics: { ...spec.metrics },
  });
  const patience = { metricsSeconds: 5, logSeconds: 5 };
  await Promise.all(unsettled.map(({ record, job }) => finishRecord(record, job, spec.metrics, patience, deps)));
  const training = { settings, basis, active };
  return Promise.all(
    decisions.map(async (decision): Promise<Result> => {
      const { label } = decision.plan;
      try {
        const record = await trainOne(decision, training, deps);
        deps.log.info(describeOutcome(record));
        return { label, record };
      } catch (error) {
        if (!deps.signal.aborted) deps.log.info(`${label}: failed: ${error instanceof Error ? error.message : String(error)}`);
        const record = [...written.values()].findLast(({ name }) => isJobOf(decision.plan.baseName, name));
        return { label, error, record };
      }
    }),
  );
}

function conclude(results: readonly Result[], settings: Settings, deps: TrainDeps): Outputs {
  const outputs = getOutputs(results, settings.spec);
  writeOutputs(outputs, deps.step);
  deps.log.info(describeTotal(results, outputs));
  const failure = findFailure(results);
  if (failure) throw failure;
  return outputs;
}
