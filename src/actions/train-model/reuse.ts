import type { RunRecord } from '../../records/record.ts';
import { recordKey } from '../../records/keys.ts';
import type { RunPlan } from '../../training/plan.ts';
import type { RecordStore } from '../../records/store.ts';
import type { TrainDeps } from './deps.ts';

/** The newest completed run of this trust zone with the plan's fingerprint whose model is still there. */
export async function findReusable(
  plan: Pick<RunPlan, 'fingerprint'>,
  rehearsal: boolean,
  deps: Pick<TrainDeps, 'objects'> & { readonly records: Pick<RecordStore, 'findByFingerprint'> },
): Promise<RunRecord | undefined> {
  for (const record of await deps.records.findByFingerprint(plan.fingerprint)) {
    if (record.rehearsal !== rehearsal || record.model === undefined) continue;
    if (await deps.objects.head(record.model)) return record;
  }
  return undefined;
}

/** The record of a run that took another one's model: its numbers, at no cost. */
export function reuseRecord(planned: RunRecord, original: RunRecord): RunRecord {
  const address = { runId: original.workflow.runId, name: original.name };
  return {
    ...planned,
    machine: original.machine,
    price: original.price,
    state: { status: 'reused', record: recordKey(address), name: original.name, commit: original.commit },
    ...(original.trainingSeconds === undefined ? {} : { trainingSeconds: original.trainingSeconds }),
    billedSeconds: 0,
    costUsd: 0,
    metrics: original.metrics,
    curves: original.curves,
    utilisation: original.utilisation,
    ...(original.model === undefined ? {} : { model: original.model }),
    ...(original.url === undefined ? {} : { url: original.url }),
  };
}
