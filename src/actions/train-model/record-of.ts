import type { Price, RunRecord } from '../../records/record.ts';
import { getMachine } from '../../training/machines.ts';
import type { RunPlan } from '../../training/plan.ts';
import { getOrigin, type RecordBasis } from '../jobs/record-basis.ts';

const unread: Price = { kind: 'unknown', why: 'no price was read' };

/** The record of a job that is about to be created. */
export function planRecord(
  plan: Pick<RunPlan, 'label' | 'fingerprint' | 'asked' | 'prices'>,
  name: string,
  instanceType: string,
  basis: RecordBasis,
  now: Date,
): RunRecord {
  const at = now.toISOString();
  return {
    ...getOrigin(basis, 'jobs', name),
    kind: 'training-job',
    label: plan.label,
    fingerprint: plan.fingerprint,
    name,
    asked: plan.asked,
    machine: getMachine(instanceType, plan.asked.instanceCount),
    state: { status: 'planned' },
    times: { planned: at, updated: at },
    transitions: [],
    price: plan.prices[instanceType] ?? unread,
    metrics: [],
    curves: [],
    utilisation: { coverage: 'none', hosts: [] },
  };
}
