import type { RunRecord } from '../../records/record.ts';
import type { MachinePlan } from '../../training/ec2/plan.ts';
import { getOrigin, type RecordBasis } from '../jobs/record-basis.ts';
import { planRecord } from '../train-model/record-of.ts';

/** The record of a run that is about to get its first machine. */
export function planMachineRecord(
  plan: MachinePlan,
  name: string,
  instanceType: string,
  basis: RecordBasis,
  now: Date,
): RunRecord {
  const { id, parameter, name: title } = plan.image;
  return {
    ...planRecord(plan, name, instanceType, basis, now),
    ...getOrigin(basis, 'machines', name),
    on: 'ec2',
    ec2: { image: { id, parameter, name: title }, machines: [] },
  };
}
