import type { RunRecord } from '../../records/record.ts';
import { isJobOf } from '../../training/identity.ts';
import { finishRecord } from '../../training/settling/finish.ts';
import { createActiveJobs } from '../jobs/active.ts';
import { saveState } from '../jobs/state.ts';
import { orCancelled, untilCancelled } from '../train-model/cancel.ts';
import { upload } from '../train-model/contents.ts';
import { findFailure, type Result } from '../train-model/failures.ts';
import { getOutputs, type Outputs, writeOutputs } from '../train-model/outputs.ts';
import { describeOutcome, describeTotal } from '../train-model/report-lines.ts';
import type { Ec2Deps, Settings } from './deps.ts';
import type { Training } from './launch.ts';
import { prepare, type Preparation } from './prepare.ts';
import { announce } from './announce.ts';
import { trainOne } from './train.ts';

/** GitHub gives 7.5 s after SIGINT and 2.5 s more after SIGTERM; the post step follows. */
const cancelGraceMs = 6_000;

/**
 * Trains the chosen runs side by side.
 * @throws ActionError when anything is wrong, a run did not end well, or the workflow was cancelled
 */
export async function run(settings: Settings, deps: Ec2Deps): Promise<Outputs> {
  const active = createActiveJobs<RunRecord>(deps);
  const written = new Map<string, RunRecord>();
  const guarded: Ec2Deps = untilCancelled(deps, (record) => written.set(record.name, record));
  try {
    const preparation = await orCancelled(prepare(settings, guarded), deps.signal);
    announce(preparation, deps.log);
    const training = { settings, basis: preparation.basis, active, agent: preparation.agent };
    const results = await orCancelled(carryOut(preparation, training, written, guarded), deps.signal);
    return conclude(results, settings, deps);
  } catch (error) {
    if (deps.signal.aborted) await active.stopAll('the workflow was cancelled', cancelGraceMs);
    throw error;
  }
}

async function carryOut(
  { decisions, contents, unsettled }: Preparation,
  training: Training,
  written: ReadonlyMap<string, RunRecord>,
  deps: Ec2Deps,
): Promise<Result[]> {
  const { region, bucket, spec } = training.settings;
  if (decisions.some((decision) => decision.kind === 'launch')) await upload(contents, deps);
  saveState(deps.step, 'train-on-ec2', {
    region,
    bucket,
    zone: deps.zone,
    runId: deps.context.workflow.runId,
    baseNames: decisions.map(({ plan }) => plan.baseName),
    metrics: { ...spec.metrics },
  });
  const patience = { metricsSeconds: 5, logSeconds: 5 };
  await Promise.all(unsettled.map(({ record, job }) => finishRecord(record, job, spec.metrics, patience, deps)));
  return Promise.all(
    decisions.map(async (decision): Promise<Result> => {
      const { label } = decision.plan;
      try {
        const record = await trainOne(decision, training, deps);
        deps.log.info(describeOutcome(record));
        return { label, record };
      } catch (error) {
        if (!deps.signal.aborted) deps.log.info(`${label}: failed: ${error instanceof Error ? error.message : String(error)}`);
        return { label, error, record: [...written.values()].findLast(({ name }) => isJobOf(decision.plan.baseName, name)) };
      }
    }),
  );
}

function conclude(results: readonly Result[], settings: Settings, deps: Ec2Deps): Outputs {
  const outputs = getOutputs(results, settings.spec);
  writeOutputs(outputs, deps.step);
  deps.log.info(describeTotal(results, outputs));
  const failure = findFailure(results);
  if (failure) throw failure;
  return outputs;
}
