import type { TuningRecord } from '../../records/tuning-record.ts';
import { describeValues } from '../../training/hyperparameters.ts';
import type { Settings, TrainDeps } from './deps.ts';

/**
 * The best hyperparameters of this workflow run's newest search for the same spec, to be laid over those of spec and runs. What is
 * used, or why it is not, is said in the log.
 */
export async function findTuned(
  { spec, hyperparameters }: Settings,
  rehearsal: boolean,
  deps: Pick<TrainDeps, 'tuningRecords' | 'context' | 'log'>,
): Promise<Readonly<Record<string, string>>> {
  const ofRun = await deps.tuningRecords.readRun(deps.context.workflow.runId);
  const searches = ofRun.filter(
    (record) => record.rehearsal === rehearsal && record.spec.name === spec.name && record.spec.path === spec.path,
  );
  const usable = searches.findLast(hasBest);
  if (!usable) {
    const last = searches.at(-1);
    if (last)
      deps.log.warning(
        `The search ${last.name} of this run has no result (${last.state.status}): trains with the spec's hyperparameters.`,
      );
    return {};
  }
  const given = usable.best.hyperparameters;
  const used = Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(hyperparameters, name)));
  const kept = Object.keys(given).filter((name) => Object.hasOwn(hyperparameters, name));
  if (Object.keys(used).length > 0)
    deps.log.info(`Hyperparameters: ${describeValues(used)} from the search ${usable.name} (${usable.best.name}).`);
  if (kept.length > 0) deps.log.info(`Hyperparameters: ${kept.join(', ')} from the input, not from the search ${usable.name}.`);
  return used;
}

function hasBest(record: TuningRecord): record is TuningRecord & { best: NonNullable<TuningRecord['best']> } {
  return record.best !== undefined && ['completed', 'reused', 'stopped'].includes(record.state.status);
}
