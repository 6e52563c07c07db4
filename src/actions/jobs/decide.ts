import type { RunRecord } from '../../records/record.ts';
import type { RecordStore } from '../../records/store.ts';
import { getJobName } from '../../training/identity.ts';
import type { TrainingJob } from '../../training/ports.ts';
import { findReusable, reuseRecord } from '../train-model/reuse.ts';
import type { TrainDeps } from '../train-model/deps.ts';
import type { JobDeps } from './ports.ts';
import { resolveRun } from './resolve.ts';

/** As much of a plan as is needed to know whether anything has to be done. */
interface AnyPlan {
  readonly baseName: string;
  readonly fingerprint: string;
}

/** What is to be done for one run. */
export type Decision<Plan> =
  | { readonly kind: 'launch'; readonly plan: Plan; readonly attempt: number }
  | { readonly kind: 'attach'; readonly plan: Plan; readonly job: TrainingJob; readonly record: RunRecord }
  | { readonly kind: 'reuse'; readonly plan: Plan; readonly record: RunRecord };

/** A job of an earlier attempt that ended and whose record does not say so yet. */
export interface Unsettled {
  readonly record: RunRecord;
  readonly job: TrainingJob;
}

interface How<Plan> {
  readonly force: boolean;
  readonly rehearsal: boolean;
  /** The record of a job that was planned. */
  readonly toRecord: (plan: Plan, name: string, instanceType: string) => RunRecord;
}

interface DecideDeps extends Omit<JobDeps<RunRecord, never, TrainingJob>, 'records'>, Pick<TrainDeps, 'objects'> {
  readonly records: Pick<RecordStore, 'write' | 'readRun' | 'findByCommit' | 'findByFingerprint'>;
}

/** Looks at what there is of each run: nothing is created. */
export async function decideAll<Plan extends AnyPlan>(
  plans: readonly Plan[],
  how: How<Plan>,
  deps: DecideDeps,
): Promise<{ decisions: Decision<Plan>[]; unsettled: Unsettled[] }> {
  const written = await deps.records.readRun(deps.context.workflow.runId);
  const recordOf = (job: TrainingJob) => written.find((record) => record.name === job.name);
  const ofCommit = how.force ? [] : await deps.records.findByCommit(deps.context.commit);
  const decided = await Promise.all(
    plans.map(async (plan): Promise<{ decision: Decision<Plan>; unsettled: Unsettled[] }> => {
      const resolution = await resolveRun(plan.baseName, deps);
      const unsettled = resolution.ended.flatMap((job) => {
        const record = recordOf(job);
        return record && !['failed', 'stopped', 'completed'].includes(record.state.status) ? [{ record, job }] : [];
      });
      if (resolution.kind === 'attach') {
        const { job } = resolution;
        const record = recordOf(job) ?? how.toRecord(plan, job.name, job.instanceType);
        return { decision: { kind: 'attach', plan, job, record }, unsettled };
      }
      return { decision: await decideNew(plan, resolution.attempt, ofCommit, how, deps), unsettled };
    }),
  );
  return { decisions: decided.map((one) => one.decision), unsettled: decided.flatMap((one) => one.unsettled) };
}

/** Nothing of this run exists: an equal run that was handed over, else an equal one that completed, else a new job. */
async function decideNew<Plan extends AnyPlan>(
  plan: Plan,
  attempt: number,
  ofCommit: readonly RunRecord[],
  { force, rehearsal, toRecord }: How<Plan>,
  deps: DecideDeps,
): Promise<Decision<Plan>> {
  if (force) return { kind: 'launch', plan, attempt };
  for (const record of ofCommit) {
    if (!record.handedOver || record.fingerprint !== plan.fingerprint || record.rehearsal !== rehearsal) continue;
    const job = await deps.jobs.describe(record.name);
    if (job?.status === 'InProgress' || job?.status === 'Completed') return { kind: 'attach', plan, job, record };
  }
  const original = await findReusable(plan, rehearsal, deps);
  if (!original) return { kind: 'launch', plan, attempt };
  const planned = toRecord(plan, getJobName(plan.baseName, attempt), original.machine.instanceType);
  return { kind: 'reuse', plan, record: reuseRecord(planned, original) };
}
