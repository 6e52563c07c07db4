import { ActionError, type Problem, throwProblems } from '../../action-error.ts';
import type { Price } from '../../records/record.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import { aliases, endpointVariable } from '../../serving/names.ts';
import type { Functions, HostingPrices } from '../../serving/ports.ts';
import type { Inventory } from '../../serving/sweep-inventory.ts';
import { planSweep } from '../../serving/sweep-plan.ts';
import type { SweepStep } from '../../serving/sweep-step.ts';
import { runSweep, type SweepDeps, type SweepResult } from '../../serving/sweep-run.ts';
import type { Spec } from '../../spec/spec.ts';
import type { MachinePrices } from '../../training/ec2/ports.ts';
import { type LookDeps, takeInventory } from './look.ts';
import { createDescribeCost, describeInventory, describeStep, type Told, writeHeading, writeSummary } from './tell.ts';

export type CleanUpDeps = LookDeps &
  Omit<SweepDeps, 'functionName' | 'keepPreviousSeconds' | 'isNeededNow'> & {
    readonly functions: Functions;
    readonly prices: HostingPrices;
    readonly machinePrices?: Pick<MachinePrices, 'onDemand'>;
    readonly region: string;
    readonly step: Pick<StepResult, 'output' | 'summary'>;
    readonly log: Log;
  };

/** As in the schema of the spec, for a model that is not served any more: what it left must go all the same. */
const keepByDefaultSeconds = 3600;
const ttlByDefaultSeconds = 7200;

/** Removes what has expired, lost its run or was superseded. */
export async function run(spec: Spec, { dryRun }: { dryRun: boolean }, deps: CleanUpDeps): Promise<void> {
  const { log } = deps;
  const keepPreviousSeconds = spec.serve?.keepPreviousSeconds ?? keepByDefaultSeconds;
  const graceSeconds = keepPreviousSeconds + (spec.serve?.candidateTtlSeconds ?? ttlByDefaultSeconds);
  const inventory = await takeInventory(spec.name, deps);
  const plan = planSweep(inventory, { specName: spec.name, graceSeconds });
  const describeCost = createDescribeCost(inventory, await readPrices(inventory, deps));
  log.info(describeInventory(inventory, spec.name));
  for (const kept of plan.kept) log.info(`  keep ${kept.kind} ${kept.name}: ${kept.why}`);
  for (const step of plan.steps) log.info(describeStep(step, inventory, describeCost));
  const result = dryRun
    ? undefined
    : await runSweep(plan.steps, {
        ...deps,
        functionName: inventory.functionName,
        keepPreviousSeconds,
        isNeededNow: (step) => isNeededNow(step, inventory, deps),
      });
  await conclude({ plan, inventory, describeCost, result }, deps);
}

const unread: Price = { kind: 'unknown', why: 'no price was read' };

async function readPrices(
  { configs, machines = [] }: Inventory,
  { prices, machinePrices, region }: CleanUpDeps,
): Promise<Map<string, Price>> {
  const types = [...new Set(configs.map(({ instanceType }) => instanceType))];
  const ofMachines = machinePrices ? [...new Set(machines.map(({ instanceType }) => instanceType))] : [];
  const read = [
    ...types.map(async (type) => [type, await prices.hosting(type, region)] as const),
    ...ofMachines.map(async (type) => [type, (await machinePrices?.onDemand(type, region)) ?? unread] as const),
  ];
  return new Map(await Promise.all(read));
}

/** A promotion may have happened since the inventory: what an alias has come to name since then stays. */
async function isNeededNow(
  { kind, name }: SweepStep,
  { functionName, aliases: before }: Inventory,
  { functions }: CleanUpDeps,
): Promise<boolean> {
  if (kind === 'endpoint-config' || kind === 'model' || kind === 'machine') return false;
  for (const aliasName of Object.values(aliases)) {
    const alias = await functions.alias(functionName, aliasName);
    if (!alias || alias.version === before[aliasName]?.version) continue;
    if (kind === 'alias' ? name === aliasName : name === alias.version) return true;
    const version = await functions.version(functionName, alias.version);
    if (version?.environment[endpointVariable] === name) return true;
  }
  return false;
}

async function conclude(told: Told, { step, log }: CleanUpDeps): Promise<void> {
  const { result, describeCost } = told;
  log.info(`${writeHeading(told)}.`);
  await step.summary(writeSummary(told));
  step.output('removed', JSON.stringify((result?.removed ?? []).map(({ kind, name, why }) => ({ kind, name, why }))));
  step.output('busy', String(result?.busy.length ?? 0));
  if (!result) return;
  if (result.busy.length > 0) {
    const names = result.busy.map((busy) => `${busy.id} (${describeCost(busy)})`).join(', ');
    log.warning(
      `Not removed: ${names}. AWS lets nobody delete an endpoint while it is being created or updated; the next sweep tries again.`,
      'Busy',
    );
  }
  throwProblems(listProblems(result), 'aws');
}

function listProblems({ failed }: SweepResult): Problem[] {
  return failed.map(({ step, error }) => ({
    name: step.id,
    message: `It could not be ${step.action === 'mark' ? 'marked for a later sweep' : 'removed'}: ${error instanceof Error ? error.message : String(error)}`,
    fix: error instanceof ActionError ? error.fix : 'Re-run this job; if it stays so, remove it in the AWS console.',
  }));
}
