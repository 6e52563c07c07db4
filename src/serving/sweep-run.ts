import type { Log } from '../runner/ports.ts';
import type { Clock } from '../time/clock.ts';
import type { Machines } from '../training/ec2/ports.ts';
import { formatSeconds } from '../time/duration.ts';
import { getNextDelayMs } from '../time/wait.ts';
import { variantName } from './names.ts';
import { expiresTag, formatExpiry } from './ownership.ts';
import type { Concurrency, EndpointConfigs, Endpoints, EndpointScaling, Functions, Models, ResourceTags } from './ports.ts';
import type { SweepStep, SweptKind } from './sweep-step.ts';

export interface SweepDeps {
  readonly functionName: string;
  readonly keepPreviousSeconds: number;
  readonly machines?: Pick<Machines, 'terminate'>;
  readonly functions: Pick<Functions, 'deleteAlias' | 'deleteVersion'>;
  readonly endpoints: Pick<Endpoints, 'delete'>;
  readonly configs: Pick<EndpointConfigs, 'delete'>;
  readonly models: Pick<Models, 'delete'>;
  readonly tags: ResourceTags;
  readonly scaling: Pick<EndpointScaling, 'deregister'>;
  readonly concurrency: Pick<Concurrency, 'deleteProvisioned'>;
  /** Asked right before an alias or an endpoint goes: whether it has come into use since the sweep looked around. */
  readonly isNeededNow: (step: SweepStep) => Promise<boolean>;
  /** How long an endpoint that is being created or updated is tried again; what is busy longer waits for the next sweep. */
  readonly patienceMs: number;
  readonly log: Log;
  readonly clock: Clock;
}

export interface SweepResult {
  readonly removed: readonly SweepStep[];
  readonly marked: readonly SweepStep[];
  /** AWS lets nobody delete them now. */
  readonly busy: readonly SweepStep[];
  readonly failed: readonly { readonly step: SweepStep; readonly error: unknown }[];
}

type Outcome = 'done' | 'busy' | 'needed';

/** Does the steps in their order. What goes wrong with one of them stops those that need it, and no other. */
export async function runSweep(steps: readonly SweepStep[], deps: SweepDeps): Promise<SweepResult> {
  const done = new Set<string>();
  const removed: SweepStep[] = [];
  const marked: SweepStep[] = [];
  const failed: SweepResult['failed'][number][] = [];
  const started = deps.clock.now().getTime();
  const tellBusy = createTellBusy(deps);
  let left = [...steps];
  let busy: SweepStep[] = [];

  for (;;) {
    busy = [];
    const waiting: SweepStep[] = [];
    for (const step of left) {
      if (!step.needs.every((id) => done.has(id))) {
        waiting.push(step);
        continue;
      }
      try {
        const outcome = await doStep(step, deps);
        if (outcome === 'busy') busy.push(step);
        if (outcome !== 'done') continue;
        done.add(step.id);
        (step.action === 'remove' ? removed : marked).push(step);
        deps.log.info(describeDone(step));
      } catch (error) {
        failed.push({ step, error });
        deps.log.info(`Could not ${step.action} ${step.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const elapsedMs = deps.clock.now().getTime() - started;
    if (busy.length === 0 || elapsedMs >= deps.patienceMs) return { removed, marked, busy, failed };
    tellBusy(busy);
    await deps.clock.sleep(Math.min(Math.max(5_000, getNextDelayMs(elapsedMs)), deps.patienceMs - elapsedMs));
    left = [...busy, ...waiting];
  }
}

/** Says of each resource once that it is waited for: how that ends is told then. */
function createTellBusy({ log, patienceMs }: SweepDeps): (busy: readonly SweepStep[]) => void {
  const told = new Set<string>();
  return (busy) => {
    for (const { id } of busy) {
      if (told.has(id)) continue;
      told.add(id);
      log.info(
        `Busy: ${id}. AWS lets nobody delete it while it is being created or updated; it is tried again for up to ${formatSeconds(patienceMs / 1000)}.`,
      );
    }
  };
}

function describeDone({ action, kind, name, why }: SweepStep): string {
  return action === 'mark' ? `Marked ${kind} ${name} for a later sweep: ${why}.` : `Removed ${kind} ${name}: ${why}.`;
}

async function doStep(step: SweepStep, deps: SweepDeps): Promise<Outcome> {
  if (await deps.isNeededNow(step)) {
    deps.log.info(`Left ${step.id} alone: it has come into use meanwhile.`);
    return 'needed';
  }
  if (step.action === 'mark') return markStep(step, deps);
  return (await removals[step.kind](step.name, deps)) === 'busy' ? 'busy' : 'done';
}

const removals: Readonly<Record<SweptKind, (name: string, deps: SweepDeps) => Promise<unknown>>> = {
  machine: async (name, { machines }) => machines?.terminate(name),
  alias: (name, { functions, functionName }) => functions.deleteAlias(functionName, name),
  scaling: (name, { scaling }) => scaling.deregister(name, variantName),
  endpoint: (name, { endpoints }) => endpoints.delete(name),
  'endpoint-config': (name, { configs }) => configs.delete(name),
  model: (name, { models }) => models.delete(name),
  'provisioned-concurrency': (name, { concurrency, functionName }) => concurrency.deleteProvisioned(functionName, name),
  version: (name, { functions, functionName }) => functions.deleteVersion(functionName, name),
};

/** All of our tags again: a CI role may write the one only together with the others. */
async function markStep({ arn = '' }: SweepStep, { tags, clock, keepPreviousSeconds }: SweepDeps): Promise<Outcome> {
  const known = Object.entries(await tags.read(arn)).filter(([key]) => key.startsWith('trainyard:'));
  const until = new Date(clock.now().getTime() + keepPreviousSeconds * 1000);
  await tags.write(arn, { ...Object.fromEntries(known), [expiresTag]: formatExpiry(until) });
  return 'done';
}
