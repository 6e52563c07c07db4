import type { RunRecord } from '../../records/record.ts';
import { explainFailure } from '../../training/failure.ts';
import { getJobName, getTags } from '../../training/identity.ts';
import type { RunPlan } from '../../training/plan.ts';
import { hasEnded, type TrainingJob } from '../../training/ports.ts';
import type { ActiveJobs } from '../jobs/active.ts';
import { createJob, refuse } from '../jobs/create.ts';
import type { Decision } from '../jobs/decide.ts';
import type { Settings, TrainDeps } from './deps.ts';
import { followLog } from '../../training/settling/follow-log.ts';
import type { RecordBasis } from '../jobs/record-basis.ts';
import { planRecord } from './record-of.ts';
import { applyJob, type Patience, settle } from '../../training/settling/settle.ts';
import { watchJob } from './watch.ts';

export interface Training {
  readonly settings: Settings;
  readonly basis: RecordBasis;
  readonly active: ActiveJobs<RunRecord>;
}

const logSeconds = 15;

/** CloudWatch settles minutes after the end of a job, on the local cloud within seconds. Whoever waits for a failure wants its log. */
function getPatience(job: TrainingJob, rehearsal: boolean): Patience {
  return { logSeconds, metricsSeconds: job.status === 'Completed' && !rehearsal ? 180 : 15 };
}

/** Carries one decision out, to the run's final record or, with `wait: false`, to the record of a job that runs. */
export async function trainOne(decision: Decision<RunPlan>, training: Training, deps: TrainDeps): Promise<RunRecord> {
  if (decision.kind === 'launch') return launch(decision.plan, decision.attempt, training, deps);
  if (decision.kind === 'attach') return attach(decision.record, decision.job, training, deps);
  await deps.records.write(decision.record);
  return decision.record;
}

/** Goes through the instance types in order until one can be had; a job that failed for want of capacity keeps its name. */
async function launch(plan: RunPlan, firstAttempt: number, training: Training, deps: TrainDeps): Promise<RunRecord> {
  let attempt = firstAttempt;
  let ended: RunRecord | undefined;
  for (const [index, instanceType] of plan.instanceTypes.entries()) {
    const next = plan.instanceTypes[index + 1];
    const name = getJobName(plan.baseName, attempt);
    const now = deps.clock.now();
    const planned = planRecord(plan, name, instanceType, training.basis, now);
    const expiresAt = new Date(now.getTime() + plan.lifetimeSeconds * 1000);
    const tags = getTags(deps.context, training.settings.spec.name, expiresAt, training.settings.spec.tags);
    deps.log.info(`${plan.label}: creating ${name} on ${plan.asked.instanceCount} × ${instanceType}.`);
    const creation = await createJob(planned, plan.request(name, instanceType, tags), training.active, deps);
    if (creation.outcome === 'unavailable') {
      if (next === undefined) await refuse(planned, creation.error, deps);
      if (next === undefined) throw creation.error;
      deps.log.warning(`${plan.label}: ${creation.error.message} Trying ${next}.`);
      continue;
    }
    ended = await follow(creation.record, training, deps);
    if (next === undefined || !lackedCapacity(ended)) return ended;
    deps.log.warning(`${plan.label}: AWS had no capacity for ${instanceType}. Trying ${next}.`);
    attempt += 1;
  }
  if (!ended) throw new Error(`The run ${plan.label} has no instance type.`);
  return ended;
}

async function attach(record: RunRecord, job: TrainingJob, training: Training, deps: TrainDeps): Promise<RunRecord> {
  if (record.state.status === 'completed') return record;
  deps.log.info(`${record.label}: attached to ${job.name}, which is ${job.secondaryStatus}.`);
  // A job that another workflow run handed over is meant to outlive runs: a cancel of this one leaves it alone.
  if (record.workflow.runId !== deps.context.workflow.runId) return follow(record, training, deps);
  const { handedOver: _, ...rest } = record;
  const attached: RunRecord = { ...rest, arn: job.arn, state: { status: 'submitted' } };
  training.active.add(attached, Promise.resolve());
  await deps.records.write(attached);
  return follow(attached, training, deps);
}

/** Watches a job that exists and settles its record. When watching fails, the job is asked to stop: nobody would. */
async function follow(record: RunRecord, training: Training, deps: TrainDeps): Promise<RunRecord> {
  const { settings, active } = training;
  const job = { label: record.label, name: record.name, hosts: record.asked.instanceCount };
  const follower = followLog(job, settings.spec.metrics, deps);
  try {
    const seen = await watchJob(record, settings.wait ? 'ended' : 'running', follower, deps);
    const result: RunRecord = hasEnded(seen)
      ? await settle(record, seen, follower, getPatience(seen, record.rehearsal), deps)
      : { ...applyJob(record, seen, deps.clock.now()), handedOver: true };
    follower.flush();
    active.remove(record.name);
    await deps.records.write(result);
    return result;
  } catch (error) {
    follower.flush();
    if (!deps.signal.aborted) await active.stop(record.name, 'the step failed while it watched this job');
    throw error;
  }
}

function lackedCapacity(record: RunRecord): boolean {
  if (record.state.status !== 'failed') return false;
  const { reason, logTail } = record.state;
  const evidence = { reason, logTail, instanceType: record.machine.instanceType, entryPoint: record.asked.entryPoint };
  return explainFailure(evidence).kind === 'capacity';
}
