import type { RunRecord } from '../../records/record.ts';
import type { MachinePlan } from '../../training/ec2/plan.ts';
import { getJobName } from '../../training/identity.ts';
import type { Decision } from '../jobs/decide.ts';
import type { Ec2Deps } from './deps.ts';
import { follow } from './follow.ts';
import { startFirst, type Training } from './launch.ts';

/** Carries one decision out, to the run's final record or, with `wait: false`, to the record of a run whose machine trains. */
export async function trainOne(decision: Decision<MachinePlan>, training: Training, deps: Ec2Deps): Promise<RunRecord> {
  const { plan } = decision;
  if (decision.kind === 'launch') {
    const record = await startFirst(plan, getJobName(plan.baseName, decision.attempt), training, deps);
    return follow(record, plan, training, deps);
  }
  const { record } = decision;
  if (decision.kind === 'reuse') {
    await deps.records.write(record);
    return record;
  }
  if (record.state.status === 'completed') return record;
  deps.log.info(`${record.label}: attached to ${record.name}, which is ${decision.job.secondaryStatus}.`);
  // A run that another workflow run handed over is meant to outlive runs: a cancel of this one leaves it alone.
  if (record.workflow.runId !== deps.context.workflow.runId) return follow(record, plan, training, deps);
  const { handedOver: _, ...rest } = record;
  const attached: RunRecord = { ...rest, arn: decision.job.arn, state: { status: 'submitted' } };
  training.active.add(attached, Promise.resolve());
  await deps.records.write(attached);
  return follow(attached, plan, training, deps);
}
