import { type Problem, throwProblems } from '../../action-error.ts';
import { isFinal } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import { getJobName, getTuningBaseName } from '../../training/identity.ts';
import type { TuningJob } from '../../training/ports.ts';
import { allowSearch } from '../../training/tuning-budget.ts';
import { planSearch, type SearchPlan } from '../../training/tuning-plan.ts';
import { prepareContents } from '../jobs/prepare-contents.ts';
import type { RecordBasis } from '../jobs/record-basis.ts';
import { resolveRun } from '../jobs/resolve.ts';
import { readSpending } from '../jobs/spending.ts';
import { localAccount } from '../local-account.ts';
import { problemOf } from '../train-model/choose.ts';
import type { Prepared } from '../train-model/contents.ts';
import type { Settings, TuneDeps } from './deps.ts';
import { finishUnwatchedSearches } from './finish-unwatched.ts';
import { planRecord, type Terms } from './record-of.ts';
import { findReusable, reuseRecord } from './reuse.ts';
import { findWarmStart } from './warm-start.ts';

/** What is to be done. */
export type Decision =
  | { readonly kind: 'launch'; readonly attempt: number; readonly terms: Terms }
  | { readonly kind: 'attach'; readonly job: TuningJob; readonly record: TuningRecord }
  | { readonly kind: 'reuse'; readonly record: TuningRecord };

/** Everything that has been found out before the first write. */
export interface Preparation {
  readonly basis: RecordBasis;
  readonly plan: SearchPlan;
  readonly decision: Decision;
  readonly contents: readonly Prepared[];
  /** Searches of earlier attempts that ended and whose records do not say so yet. */
  readonly unsettled: readonly { readonly record: TuningRecord; readonly job: TuningJob }[];
}

/**
 * Reads everything that can be read and decides what is needed. Nothing is created.
 * @throws ActionError with every problem of spec, data, budget and request at once
 */
export async function prepare(settings: Settings, warnings: readonly string[], deps: TuneDeps): Promise<Preparation> {
  const { spec, tune, region } = settings;
  const { account, arn } = await deps.identity.whoAmI();
  const rehearsal = account === localAccount;
  deps.log.info(`AWS account ${account} as ${arn}${rehearsal ? ': a rehearsal on the local cloud' : ''}.`);
  const basis: RecordBasis = { context: deps.context, spec, region, rehearsal, warnings };
  const { contents, found, planBasis } = await prepareContents(settings, deps);
  const baseName = getTuningBaseName({ specName: spec.name, specPath: spec.path, context: deps.context });
  const plan = planSearch(planBasis, tune, baseName, await deps.prices.training(tune.instanceType, region));
  const { maxParallelJobs } = plan.asked;
  const probe = plan.request(getJobName(baseName, 1), {}, { maxParallelJobs, warmStart: [] });
  throwProblems([...found, ...deps.jobs.check(probe)]);
  return { basis, plan, contents, ...(await decide(plan, settings, basis, deps)) };
}

async function decide(
  plan: SearchPlan,
  settings: Settings,
  basis: RecordBasis,
  deps: TuneDeps,
): Promise<Pick<Preparation, 'decision' | 'unsettled'>> {
  const written = await deps.records.readRun(deps.context.workflow.runId);
  const recordOf = (job: TuningJob) => written.find(({ name }) => name === job.name);
  const resolution = await resolveRun(plan.baseName, deps);
  const unsettled = resolution.ended.flatMap((job) => {
    const record = recordOf(job);
    return record && !isFinal(record.state) ? [{ record, job }] : [];
  });
  if (resolution.kind === 'attach') {
    const { job } = resolution;
    const terms: Terms = { allowance: { maxParallelJobs: plan.asked.maxParallelJobs, warnings: [] }, warmStart: undefined };
    const record = recordOf(job) ?? planRecord(plan, job.name, basis, terms, deps.clock.now());
    return { decision: { kind: 'attach', job, record }, unsettled };
  }
  const equal = settings.force ? undefined : await findEqual(plan, resolution.attempt, basis, deps);
  if (equal) return { decision: equal, unsettled };
  const allowance = await checkMoney(plan, settings, basis.rehearsal, deps);
  const warmStart = await chooseWarmStart(settings, basis.rehearsal, deps);
  return { decision: { kind: 'launch', attempt: resolution.attempt, terms: { allowance, warmStart } }, unsettled };
}

/** An equal search that was handed over, else an equal one that completed. */
async function findEqual(plan: SearchPlan, attempt: number, basis: RecordBasis, deps: TuneDeps): Promise<Decision | undefined> {
  for (const record of await deps.records.findByCommit(deps.context.commit)) {
    if (!record.handedOver || record.fingerprint !== plan.fingerprint || record.rehearsal !== basis.rehearsal) continue;
    const job = await deps.jobs.describe(record.name);
    if (job?.status === 'InProgress' || job?.status === 'Completed') return { kind: 'attach', job, record };
  }
  const original = await findReusable(plan, basis.rehearsal, deps);
  if (!original) return undefined;
  const terms: Terms = { allowance: { maxParallelJobs: plan.asked.maxParallelJobs, warnings: [] }, warmStart: undefined };
  const planned = planRecord(plan, getJobName(plan.baseName, attempt), basis, terms, deps.clock.now());
  return { kind: 'reuse', record: await reuseRecord(planned, original, deps) };
}

async function checkMoney(plan: SearchPlan, settings: Settings, rehearsal: boolean, deps: TuneDeps): Promise<Terms['allowance']> {
  const { spec, maxCostUsd, allowUnknownPrice, wait } = settings;
  const { budget } = spec;
  const ofPullRequest = deps.zone.kind === 'pull-request';
  // Also without a budget: nobody else says of searches that were handed over what became of them.
  const searches = ofPullRequest ? await finishUnwatchedSearches(await deps.records.listAll(), spec, deps) : [];
  const counted = ofPullRequest && budget.perPullRequestUsd !== undefined;
  const spending = counted
    ? await readSpending(spec, rehearsal, { runs: deps.runs, searches: { listAll: async () => searches } })
    : undefined;
  const { price, asked, trialCeilingUsd } = plan;
  const { maxParallelJobs, maxRuntimeSeconds } = asked;
  const why = price.kind === 'unknown' ? `the price of ${asked.instanceType} is unknown (${price.why})` : '';
  const allowed = allowSearch(
    { trials: asked.maxJobs, maxParallelJobs, maxRuntimeSeconds, trialCeilingUsd, why, watched: wait },
    { budget, maxCostUsd, allowUnknownPrice, spending },
  );
  if ('allowance' in allowed) return allowed.allowance;
  const placed = allowed.problems.map((problem): Problem =>
    problem.name.startsWith('input ') ? problem : problemOf(spec, problem.name, problem.message, problem.fix),
  );
  throwProblems(placed, 'budget');
  throw new Error('A search was refused without a reason.');
}

async function chooseWarmStart(settings: Settings, rehearsal: boolean, deps: TuneDeps): Promise<string | undefined> {
  if (settings.tune.warmStart === 'none') return undefined;
  const found = await findWarmStart(settings, rehearsal, deps);
  if ('record' in found) {
    const { name, commit } = found.record;
    deps.log.info(`tune: begins with what ${name} learned on ${deps.context.defaultBranch} at ${commit.slice(0, 7)}.`);
    return name;
  }
  deps.log.info(`tune: starts cold: ${found.why}.`);
  return undefined;
}
