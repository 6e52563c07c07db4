import { type Problem, throwProblems } from '../../action-error.ts';
import type { Price, RunRecord } from '../../records/record.ts';
import type { TrainRun } from '../../spec/spec.ts';
import { findBudgetProblems, type Proposal } from '../../training/guard.ts';
import { getBaseName, getJobName } from '../../training/identity.ts';
import { planRun, type PlanBasis, type RunPlan } from '../../training/plan.ts';
import type { TrainingJob } from '../../training/ports.ts';
import { prepareContents } from '../jobs/prepare-contents.ts';
import type { Prepared } from './contents.ts';
import { problemOf } from './choose.ts';
import type { Settings, TrainDeps } from './deps.ts';
import { localAccount } from '../local-account.ts';
import type { RecordBasis } from '../jobs/record-basis.ts';
import { planRecord } from './record-of.ts';
import { resolveRun } from '../jobs/resolve.ts';
import { readSpending } from '../jobs/spending.ts';
import { findReusable, reuseRecord } from './reuse.ts';
import type { Decision } from './train.ts';
import { findTuned } from './tuned.ts';

/** Everything that has been found out before the first write. */
export interface Preparation {
  readonly basis: RecordBasis;
  readonly decisions: readonly Decision[];
  readonly contents: readonly Prepared[];
  /** Jobs of earlier attempts that ended and whose records do not say so yet. */
  readonly unsettled: readonly { readonly record: RunRecord; readonly job: TrainingJob }[];
}

/**
 * Reads everything that can be read and decides what each run needs. Nothing is created.
 * @param problems what is known to be wrong already; it is reported together with what is found here
 * @throws ActionError with every problem of spec, data, budget and requests at once
 */
export async function prepare(
  asked: Settings,
  warnings: readonly string[],
  problems: readonly Problem[],
  deps: TrainDeps,
): Promise<Preparation> {
  throwProblems(problems);
  const { account, arn } = await deps.identity.whoAmI();
  const rehearsal = account === localAccount;
  deps.log.info(`AWS account ${account} as ${arn}${rehearsal ? ': a rehearsal on the local cloud' : ''}.`);
  const tuned = await findTuned(asked, rehearsal, deps);
  const settings: Settings = { ...asked, hyperparameters: { ...tuned, ...asked.hyperparameters } };
  const basis: RecordBasis = { context: deps.context, spec: settings.spec, region: settings.region, rehearsal, warnings };
  const { contents, found, planBasis } = await prepareContents(settings, deps);
  const plans = await planAll(planBasis, settings, deps);
  const invalid = plans.flatMap((plan) => deps.jobs.check(plan.request(getJobName(plan.baseName, 1), plan.instanceTypes[0], {})));
  throwProblems([...found, ...unique(invalid)]);
  const { decisions, unsettled } = await decideAll(plans, settings, basis, deps);
  throwProblems(await findMoneyProblems(decisions, settings, rehearsal, deps), 'budget');
  return { basis, decisions, contents, unsettled };
}

async function planAll(planBasis: PlanBasis, settings: Settings, deps: TrainDeps): Promise<RunPlan[]> {
  const { spec } = settings;
  const chosen = settings.labels
    .map((label) => ({ label, run: spec.train?.runs[label] }))
    .filter((one): one is { label: string; run: TrainRun } => one.run !== undefined);
  const types = [...new Set(chosen.flatMap(({ run }) => run.instanceTypes))];
  const read = await Promise.all(
    types.map(async (type): Promise<[string, Price]> => [type, await deps.prices.training(type, settings.region)]),
  );
  const prices = Object.fromEntries(read);
  return chosen.map(({ label, run }) => {
    const baseName = getBaseName({ specName: spec.name, specPath: spec.path, label, context: deps.context });
    return planRun(planBasis, label, run, baseName, prices);
  });
}

async function decideAll(
  plans: readonly RunPlan[],
  settings: Settings,
  basis: RecordBasis,
  deps: TrainDeps,
): Promise<{ decisions: Decision[]; unsettled: Preparation['unsettled'] }> {
  const written = await deps.records.readRun(deps.context.workflow.runId);
  const recordOf = (job: TrainingJob) => written.find((record) => record.name === job.name);
  const ofCommit = settings.force ? [] : await deps.records.findByCommit(deps.context.commit);
  const decided = await Promise.all(
    plans.map(async (plan) => {
      const resolution = await resolveRun(plan.baseName, deps);
      const unsettled = resolution.ended.flatMap((job) => {
        const record = recordOf(job);
        return record && !['failed', 'stopped', 'completed'].includes(record.state.status) ? [{ record, job }] : [];
      });
      if (resolution.kind === 'attach') {
        const { job } = resolution;
        const record = recordOf(job) ?? planRecord(plan, job.name, job.instanceType, basis, deps.clock.now());
        return { decision: { kind: 'attach', plan, job, record } as const, unsettled };
      }
      return { decision: await decideNew(plan, resolution.attempt, ofCommit, settings, basis, deps), unsettled };
    }),
  );
  return { decisions: decided.map((one) => one.decision), unsettled: decided.flatMap((one) => one.unsettled) };
}

/** Nothing of this run exists: an equal run that was handed over, else an equal one that completed, else a new job. */
async function decideNew(
  plan: RunPlan,
  attempt: number,
  ofCommit: readonly RunRecord[],
  settings: Settings,
  basis: RecordBasis,
  deps: TrainDeps,
): Promise<Decision> {
  if (settings.force) return { kind: 'launch', plan, attempt };
  for (const record of ofCommit) {
    if (!record.handedOver || record.fingerprint !== plan.fingerprint || record.rehearsal !== basis.rehearsal) continue;
    const job = await deps.jobs.describe(record.name);
    if (job?.status === 'InProgress' || job?.status === 'Completed') return { kind: 'attach', plan, job, record };
  }
  const original = await findReusable(plan, basis.rehearsal, deps);
  if (!original) return { kind: 'launch', plan, attempt };
  const planned = planRecord(plan, getJobName(plan.baseName, attempt), original.machine.instanceType, basis, deps.clock.now());
  return { kind: 'reuse', plan, record: reuseRecord(planned, original) };
}

async function findMoneyProblems(
  decisions: readonly Decision[],
  settings: Settings,
  rehearsal: boolean,
  deps: TrainDeps,
): Promise<Problem[]> {
  const { budget } = settings.spec;
  const proposals = decisions.filter((one) => one.kind === 'launch').map(({ plan }) => proposalOf(plan));
  const counted = deps.zone.kind === 'pull-request' && budget.perPullRequestUsd !== undefined && proposals.length > 0;
  const { spec } = settings;
  const spending = counted ? await readSpending(spec, rehearsal, { runs: deps, searches: deps.tuningRecords }) : undefined;
  const problems = findBudgetProblems(proposals, {
    budget,
    maxCostUsd: settings.maxCostUsd,
    allowUnknownPrice: settings.allowUnknownPrice,
    spending,
  });
  return problems.map(({ name, message, fix }) =>
    name.startsWith('input ') ? { name, message, fix } : problemOf(settings.spec, name, message, fix),
  );
}

function proposalOf(plan: RunPlan): Proposal {
  const unknown = Object.entries(plan.prices).find(
    ([type, price]) => plan.instanceTypes.includes(type) && price.kind === 'unknown',
  );
  const why = unknown?.[1].kind === 'unknown' ? `the price of ${unknown[0]} is unknown (${unknown[1].why})` : undefined;
  return { label: plan.label, ceilingUsd: plan.asked.ceilingUsd, ...(why === undefined ? {} : { why }) };
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.name}\n${problem.message}`, problem])).values()];
}
