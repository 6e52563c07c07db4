import { type Problem, throwProblems } from '../../action-error.ts';
import type { Price } from '../../records/record.ts';
import type { TrainRun } from '../../spec/spec.ts';
import { type MachinePlan, planMachineRun } from '../../training/ec2/plan.ts';
import { buildUserData } from '../../training/ec2/user-data.ts';
import { getBaseName, getJobName } from '../../training/identity.ts';
import type { PlanBasis } from '../../training/plan.ts';
import { ActionError } from '../../action-error.ts';
import { decideAll, type Decision, type Unsettled } from '../jobs/decide.ts';
import { findMoneyProblems } from '../jobs/money-problems.ts';
import { prepareContents } from '../jobs/prepare-contents.ts';
import type { RecordBasis } from '../jobs/record-basis.ts';
import { localAccount } from '../local-account.ts';
import { problemOf } from '../train-model/choose.ts';
import type { Prepared } from '../train-model/contents.ts';
import { findTuned } from '../train-model/tuned.ts';
import { chooseImage } from './choose-image.ts';
import type { Ec2Deps, Settings } from './deps.ts';
import { planMachineRecord } from './record-of.ts';

/** Everything that has been found out before the first write. */
export interface Preparation {
  readonly basis: RecordBasis;
  readonly decisions: readonly Decision<MachinePlan>[];
  readonly contents: readonly Prepared[];
  readonly unsettled: readonly Unsettled[];
  /** Text of the program that runs on the machines. */
  readonly agent: string;
}

/**
 * Reads everything that can be read and decides what each run needs. Nothing is created.
 * @throws ActionError with every problem of spec, data, images and budget at once
 */
export async function prepare(asked: Settings, deps: Ec2Deps): Promise<Preparation> {
  const { account, arn } = await deps.identity.whoAmI();
  const rehearsal = account === localAccount;
  deps.log.info(`AWS account ${account} as ${arn}${rehearsal ? ': a rehearsal on the local cloud' : ''}.`);
  // It checks the bucket first, in which searches are looked for.
  const { contents, found, planBasis } = await prepareContents(asked, deps);
  const tuned = await findTuned(asked, rehearsal, deps);
  const settings: Settings = { ...asked, hyperparameters: { ...tuned, ...asked.hyperparameters } };
  const basis: RecordBasis = { context: deps.context, spec: settings.spec, region: settings.region, rehearsal, warnings: [] };
  const agent = await deps.readText(deps.agent);
  const { plans, problems } = await planAll({ ...planBasis, hyperparameters: settings.hyperparameters }, settings, deps);
  throwProblems([...found, ...problems, ...plans.flatMap((plan) => checkUserData(plan, agent, settings))]);
  const toRecord = (plan: MachinePlan, name: string, instanceType: string) =>
    planMachineRecord(plan, name, instanceType, basis, deps.clock.now());
  const { decisions, unsettled } = await decideAll(plans, { force: settings.force, rehearsal, toRecord }, deps);
  const spending = { zone: deps.zone, runs: deps.runs, searches: deps.tuningRecords };
  throwProblems(await findMoneyProblems(decisions, settings, rehearsal, spending), 'budget');
  return { basis, decisions, contents, unsettled, agent };
}

async function planAll(
  basis: PlanBasis,
  settings: Settings,
  deps: Ec2Deps,
): Promise<{ plans: MachinePlan[]; problems: Problem[] }> {
  const { spec, region } = settings;
  const chosen = settings.labels.flatMap((label): { label: string; run: TrainRun }[] => {
    const run = spec.train?.runs[label];
    return run ? [{ label, run }] : [];
  });
  const types = [...new Set(chosen.flatMap(({ run }) => run.instanceTypes))];
  const [volumePrice, ...read] = await Promise.all([
    deps.machinePrices.volume(region),
    ...types.map(async (type): Promise<[string, Price]> => [type, await deps.machinePrices.onDemand(type, region)]),
  ]);
  const prices = Object.fromEntries(read);
  const plans: MachinePlan[] = [];
  const problems: Problem[] = [];
  for (const { label, run } of chosen) {
    const choice = await chooseImage(label, run, settings, deps);
    if ('problems' in choice) {
      problems.push(...choice.problems);
      continue;
    }
    const baseName = getBaseName({ specName: spec.name, specPath: spec.path, label, context: deps.context });
    plans.push(planMachineRun({ basis, label, run, baseName, prices, volumePrice, ...choice }));
  }
  return { plans, problems };
}

/** A job that is too large for user data is known before anything is uploaded. */
function checkUserData(plan: MachinePlan, agent: string, { spec }: Settings): Problem[] {
  try {
    buildUserData(plan.job(getJobName(plan.baseName, 1), plan.instanceTypes[0], plan.asked.maxRuntimeSeconds), agent);
    return [];
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return [problemOf(spec, `train.runs.${plan.label}`, error.message, error.fix)];
  }
}
