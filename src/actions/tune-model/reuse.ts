import { recordKey, tuningFolders } from '../../records/keys.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import type { SearchPlan } from '../../training/tuning-plan.ts';
import type { TuneDeps } from './deps.ts';

/** The newest completed search of this trust zone with the plan's fingerprint. */
export async function findReusable(
  plan: SearchPlan,
  rehearsal: boolean,
  deps: Pick<TuneDeps, 'records'>,
): Promise<TuningRecord | undefined> {
  const equal = await deps.records.findByFingerprint(plan.fingerprint);
  return equal.find((record) => record.rehearsal === rehearsal && record.best !== undefined);
}

/** The record of a search that took another one's result, at no cost. Its trials are those of the other, which is named. */
export async function reuseRecord(
  planned: TuningRecord,
  original: TuningRecord,
  deps: Pick<TuneDeps, 'objects'>,
): Promise<TuningRecord> {
  const address = { runId: original.workflow.runId, name: original.name };
  const { commit, name, best: { model, ...best } = { name: '', hyperparameters: {} } } = original;
  const there = model === undefined ? undefined : await deps.objects.head(model);
  return {
    ...planned,
    machine: original.machine,
    price: original.price,
    state: { status: 'reused', record: recordKey(address, tuningFolders), name, commit },
    best: { ...best, ...(model === undefined || !there ? {} : { model }) },
    costUsd: 0,
    ...(original.url === undefined ? {} : { url: original.url }),
  };
}
