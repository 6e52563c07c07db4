import { ActionError } from '../../action-error.ts';
import type { RunRecord } from '../../records/record.ts';
import { applyMachines } from '../../training/ec2/apply.ts';
import { type Candidate, describeCandidate, getClientToken, listCandidates } from '../../training/ec2/candidates.ts';
import { jobTag, outlivesTag } from '../../training/ec2/jobs.ts';
import type { MachinePlan } from '../../training/ec2/plan.ts';
import type { MachineRequest } from '../../training/ec2/ports.ts';
import { buildUserData } from '../../training/ec2/user-data.ts';
import { getTags } from '../../training/identity.ts';
import type { TrainingJob } from '../../training/ports.ts';
import { applyJob } from '../../training/settling/settle.ts';
import type { ActiveJobs } from '../jobs/active.ts';
import { createJob, refuse } from '../jobs/create.ts';
import type { RecordBasis } from '../jobs/record-basis.ts';
import type { Ec2Deps, Settings } from './deps.ts';
import { planMachineRecord } from './record-of.ts';

export interface Training {
  readonly settings: Settings;
  readonly basis: RecordBasis;
  readonly active: ActiveJobs<RunRecord>;
  readonly agent: string;
}

/** Goes through markets, types and subnets until a machine can be had. @throws ActionError when none can, or EC2 refuses */
export async function startFirst(plan: MachinePlan, name: string, training: Training, deps: Ec2Deps): Promise<RunRecord> {
  const candidates = listCandidates(plan.asked, training.settings.spec.network.subnets, 0);
  const refusals: ActionError[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const planned = planMachineRecord(plan, name, candidate.instanceType, training.basis, deps.clock.now());
    const request = requestOf(
      plan,
      name,
      candidate,
      { ordinal: 0, maxRuntimeSeconds: plan.asked.maxRuntimeSeconds },
      training,
      deps,
    );
    deps.log.info(`${plan.label}: asking EC2 for ${describeCandidate(candidate)} for ${name}.`);
    const creation = await createJob(planned, request, training.active, deps);
    if (creation.outcome === 'submitted') return withMachines(creation.record, training, deps);
    refusals.push(creation.error);
    tellNext(plan, creation.error, candidates[index + 1], deps);
    if (index === candidates.length - 1) {
      const error = nothingToBeHad(plan, refusals);
      await refuse(planned, error, deps);
      throw error;
    }
  }
  throw new Error(`The run ${plan.label} has no instance type.`);
}

/**
 * The next machine of a run that EC2 took one from: it goes on from the checkpoints.
 * @returns undefined when none can be had
 */
export async function startNext(
  plan: MachinePlan,
  record: RunRecord,
  left: { readonly interruptions: number; readonly seconds: number },
  training: Training,
  deps: Ec2Deps,
): Promise<RunRecord | undefined> {
  const candidates = listCandidates(plan.asked, training.settings.spec.network.subnets, left.interruptions);
  const ordinal = record.ec2?.machines.length ?? 1;
  for (const [index, candidate] of candidates.entries()) {
    const request = requestOf(plan, record.name, candidate, { ordinal, maxRuntimeSeconds: left.seconds }, training, deps);
    deps.log.info(`${plan.label}: asking EC2 for ${describeCandidate(candidate)}, on which ${record.name} goes on.`);
    const started = deps.jobs.start(request);
    training.active.add(record, started);
    try {
      await started;
      return await withMachines(record, training, deps);
    } catch (error) {
      if (!(error instanceof ActionError) || (error.kind !== 'capacity' && error.kind !== 'quota')) throw error;
      tellNext(plan, error, candidates[index + 1], deps);
    }
  }
  return undefined;
}

function tellNext({ label }: MachinePlan, error: ActionError, next: Candidate | undefined, { log }: Ec2Deps): void {
  if (next) log.warning(`${label}: ${error.message} Trying ${describeCandidate(next)}.`);
}

function nothingToBeHad(plan: MachinePlan, refusals: readonly ActionError[]): ActionError {
  const [first] = refusals;
  if (first && refusals.length === 1) return first;
  const last = refusals.at(-1);
  const tries = refusals.map(({ message }) => `- ${message}`);
  return new ActionError({
    kind: last?.kind ?? 'capacity',
    message: [`No machine could be had (${plan.instanceTypes.join(', ')}):`, ...new Set(tries)].join('\n'),
    fix: [...new Set(refusals.map(({ fix }) => fix))].join(' '),
    cause: last,
  });
}

function requestOf(
  plan: MachinePlan,
  name: string,
  candidate: Candidate,
  { ordinal, maxRuntimeSeconds }: { readonly ordinal: number; readonly maxRuntimeSeconds: number },
  { settings, agent }: Training,
  deps: Pick<Ec2Deps, 'context' | 'clock'>,
): MachineRequest {
  const { spec, roleArn, wait } = settings;
  const { instanceType, subnet, spot } = candidate;
  const expiresAt = new Date(deps.clock.now().getTime() + plan.lifetimeSeconds * 1000);
  const tags = getTags(deps.context, spec.name, expiresAt, spec.tags);
  return {
    clientToken: getClientToken(name, candidate, ordinal),
    imageId: plan.image.id,
    instanceType,
    ...(subnet === undefined ? {} : { subnet }),
    securityGroups: spec.network.securityGroups,
    instanceProfile: roleArn,
    userData: buildUserData(plan.job(name, instanceType, maxRuntimeSeconds), agent),
    rootDevice: plan.image.rootDevice,
    volumeGb: plan.asked.volumeGb,
    ...(spec.kmsKey === undefined ? {} : { kmsKey: spec.kmsKey }),
    spot,
    tags: { Name: name, ...tags, [jobTag]: name, ...(wait ? {} : { [outlivesTag]: 'true' }) },
  };
}

/** Writes down at once which machine it is: EC2 shows it for an hour after its end only. */
async function withMachines(record: RunRecord, { active }: Training, deps: Ec2Deps): Promise<RunRecord> {
  const job = await deps.jobs.describe(record.name).catch(() => undefined);
  if (!job) return record;
  const seen = seeMachines(record, job, deps.clock.now());
  const last = seen.ec2?.machines.at(-1);
  deps.log.info(
    `${record.label}: ${last?.id ?? 'the machine'} is ${last?.spot ? 'a spot ' : 'an on-demand '}${last?.instanceType ?? ''}${last?.zone === undefined ? '' : ` in ${last.zone}`}.`,
  );
  active.update(seen);
  await deps.records.write(seen);
  return seen;
}

/** The record with the machines that are known now; what they cost is told when they have ended. */
export function seeMachines(record: RunRecord, job: TrainingJob, now: Date): RunRecord {
  return applyMachines(applyJob(record, job, now), record, job, { kind: 'unknown', why: 'the run has not ended' });
}
