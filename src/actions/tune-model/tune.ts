import type { TuningRecord } from '../../records/tuning-record.ts';
import { getJobName, getTags } from '../../training/identity.ts';
import { hasEnded } from '../../training/ports.ts';
import { applySearch } from '../../training/tuning-results.ts';
import type { ActiveJobs } from '../jobs/active.ts';
import { createJob, refuse } from '../jobs/create.ts';
import type { Settings, TuneDeps } from './deps.ts';
import { settleSearch } from './finish.ts';
import { followSearch } from './follow.ts';
import type { Decision, Preparation } from './prepare.ts';
import { planRecord } from './record-of.ts';

/** Carries the decision out, to the final record or, with `wait: false`, to the record of a search that runs. */
export async function tuneOne(
  { decision, plan, basis }: Preparation,
  settings: Settings,
  active: ActiveJobs<TuningRecord>,
  deps: TuneDeps,
): Promise<TuningRecord> {
  if (decision.kind === 'attach') return attach(decision, settings, active, deps);
  if (decision.kind === 'reuse') {
    await deps.records.write(decision.record);
    return decision.record;
  }
  const { terms, attempt } = decision;
  const { maxParallelJobs, maxSearchSeconds } = terms.allowance;
  const name = getJobName(plan.baseName, attempt);
  const now = deps.clock.now();
  const planned = planRecord(plan, name, basis, terms, now);
  const expiresAt = new Date(now.getTime() + plan.lifetimeSeconds * 1000);
  const tags = getTags(deps.context, settings.spec.name, expiresAt, settings.spec.tags);
  const warmStart = terms.warmStart === undefined ? [] : [terms.warmStart];
  const limits = { maxParallelJobs, warmStart, ...(maxSearchSeconds === undefined ? {} : { maxSearchSeconds }) };
  deps.log.info(`tune: creating ${name}.`);
  const creation = await createJob(planned, plan.request(name, tags, limits), active, deps);
  if (creation.outcome === 'unavailable') {
    await refuse(planned, creation.error, deps);
    throw creation.error;
  }
  return follow(creation.record, settings, active, deps);
}

async function attach(
  { record, job }: Extract<Decision, { kind: 'attach' }>,
  settings: Settings,
  active: ActiveJobs<TuningRecord>,
  deps: TuneDeps,
): Promise<TuningRecord> {
  if (record.state.status === 'completed') return record;
  deps.log.info(`tune: attached to ${job.name}, which is ${job.status}.`);
  // A search that another workflow run handed over is meant to outlive runs: a cancel of this one leaves it alone.
  if (record.workflow.runId !== deps.context.workflow.runId) return follow(record, settings, active, deps);
  const { handedOver: _, ...rest } = record;
  const attached: TuningRecord = { ...rest, arn: job.arn, state: { status: 'submitted' } };
  active.add(attached, Promise.resolve());
  await deps.records.write(attached);
  return follow(attached, settings, active, deps);
}

/** Watches a search that exists and settles its record. When watching fails, it is asked to stop: nobody would. */
async function follow(
  record: TuningRecord,
  { spec, wait }: Settings,
  active: ActiveJobs<TuningRecord>,
  deps: TuneDeps,
): Promise<TuningRecord> {
  try {
    const seen = await followSearch(record, wait ? 'ended' : 'running', spec.metrics, active, deps);
    const result: TuningRecord = hasEnded(seen.job)
      ? await settleSearch(seen.record, seen.job, seen.known, spec.metrics, deps)
      : { ...applySearch(seen.record, seen.job, [...seen.known.values()], deps.clock.now()), handedOver: true };
    active.remove(record.name);
    await deps.records.write(result);
    return result;
  } catch (error) {
    if (!deps.signal.aborted) await active.stop(record.name, 'the step failed while it watched this search');
    throw error;
  }
}
