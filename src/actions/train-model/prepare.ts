import { type Problem, throwProblems } from '../../action-error.ts';
import type { Price } from '../../records/record.ts';
import type { TrainRun } from '../../spec/spec.ts';
import { getBaseName, getJobName } from '../../training/identity.ts';
import { planRun, type PlanBasis, type RunPlan } from '../../training/plan.ts';
import { prepareContents } from '../jobs/prepare-contents.ts';
import type { Prepared } from './contents.ts';
import type { Settings, TrainDeps } from './deps.ts';
import { localAccount } from '../local-account.ts';
import type { RecordBasis } from '../jobs/record-basis.ts';
import { planRecord } from './record-of.ts';
import { decideAll, type Decision, type Unsettled } from '../jobs/decide.ts';
import { findMoneyProblems } from '../jobs/money-problems.ts';
import { findTuned } from './tuned.ts';

/** Everything that has been found out before the first write. */
export interface Preparation {
  readonly basis: RecordBasis;
  readonly decisions: readonly Decision<RunPlan>[];
  readonly contents: readonly Prepared[];
  /** Jobs of earlier attempts that ended and whose records do not say so yet. */
  readonly unsettled: readonly Unsettled[];
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
  // It checks the bucket first, in which searches are looked for.
  const { contents, found, planBasis } = await prepareContents(asked, deps);
  const tuned = await findTuned(asked, rehearsal, deps);
  const settings: Settings = { ...asked, hyperparameters: { ...tuned, ...asked.hyperparameters } };
  const basis: RecordBasis = { context: deps.context, spec: settings.spec, region: settings.region, rehearsal, warnings };
  const plans = await planAll({ ...planBasis, hyperparameters: settings.hyperparameters }, settings, deps);
  const invalid = plans.flatMap((plan) => deps.jobs.check(plan.request(getJobName(plan.baseName, 1), plan.instanceTypes[0], {})));
  throwProblems([...found, ...unique(invalid)]);
  const toRecord = (plan: RunPlan, name: string, instanceType: string) =>
    planRecord(plan, name, instanceType, basis, deps.clock.now());
  const { decisions, unsettled } = await decideAll(plans, { force: settings.force, rehearsal, toRecord }, deps);
  const spending = { ...deps, runs: deps, searches: deps.tuningRecords };
  throwProblems(await findMoneyProblems(decisions, settings, rehearsal, spending), 'budget');
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

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.name}\n${problem.message}`, problem])).values()];
}
