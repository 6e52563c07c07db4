import { ActionError } from '../action-error.ts';
import type { Log } from '../runner/ports.ts';
import type { Clock } from '../time/clock.ts';
import { formatSeconds } from '../time/duration.ts';
import { waitFor } from '../time/wait-for.ts';
import { variantName } from './names.ts';
import type { Concurrency, EndpointScaling } from './ports.ts';
import type { Provisioned, ScalingSituation, ScalingStep } from './scaling-plan.ts';

export interface ApplyDeps {
  readonly concurrency: Concurrency;
  readonly scaling: EndpointScaling;
  readonly log: Pick<Log, 'info'>;
  readonly clock: Clock;
  /** Aborts when the run is cancelled: the call that is on its way is waited for, and no other is made. */
  readonly signal: AbortSignal;
  /** Told of each step when it is done. */
  readonly onDone: (step: ScalingStep) => void;
}

/** The runner kills a cancelled step after ten seconds. */
const lastCallMs = 5_000;

/** AWS warms environments in minutes; 15 and more have been reported. */
const warmMs = 20 * 60_000;
/** A configuration that was put a moment ago may not be seen at once. */
const unseenMs = 60_000;

/**
 * Does the steps of a plan, in their order, until all are done or the run is cancelled.
 * @returns the step of which nobody knows whether it was done: its call was not answered in the time that a cancel leaves
 */
export async function applyScaling(
  steps: readonly ScalingStep[],
  at: Pick<ScalingSituation, 'functionName' | 'version' | 'endpoint'>,
  deps: ApplyDeps,
): Promise<ScalingStep | undefined> {
  for (const step of steps) {
    if (deps.signal.aborted) return undefined;
    const end = await Promise.race([applyStep(step, at, deps).then(() => 'done' as const), waitForLastCall(deps)]);
    if (end === 'late') return step;
    if (step.kind === 'await-provisioned' && deps.signal.aborted) return undefined;
    deps.onDone(step);
  }
  return undefined;
}

async function waitForLastCall({ signal, clock }: ApplyDeps): Promise<'late'> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await clock.sleep(lastCallMs);
  return 'late';
}

async function applyStep(
  step: ScalingStep,
  at: Pick<ScalingSituation, 'functionName' | 'version' | 'endpoint'>,
  deps: ApplyDeps,
): Promise<void> {
  const { concurrency, scaling } = deps;
  switch (step.kind) {
    case 'reserve':
      return concurrency.putReserved(at.functionName, step.concurrency);
    case 'register':
      return scaling.register(at.endpoint, variantName, step);
    case 'put-policy':
      return scaling.putPolicy(at.endpoint, variantName, step.policy);
    case 'deregister':
      return scaling.deregister(at.endpoint, variantName);
    case 'provision':
      return concurrency.putProvisioned(at.functionName, at.version, step.concurrency);
    case 'unprovision':
      return concurrency.deleteProvisioned(at.functionName, at.version);
    case 'await-provisioned':
      return awaitProvisioned(step.concurrency, at, deps);
  }
}

/** Waits until every environment is warm: before that, calls that the switch sends there start cold. */
async function awaitProvisioned(
  wanted: number,
  { functionName, version }: Pick<ScalingSituation, 'functionName' | 'version'>,
  { concurrency, log, clock, signal }: ApplyDeps,
): Promise<void> {
  const what = `Provisioned concurrency of ${functionName}, version ${version}`;
  let said = '';
  const waited = await waitFor({
    look: async () => {
      const seen = await concurrency.provisioned(functionName, version);
      const line = seen ? `${what}: ${seen.status}, ${seen.available} of ${wanted} ready.` : `${what}: not to be seen yet.`;
      if (line !== said) log.info(line);
      said = line;
      return seen;
    },
    judge: (seen, elapsedMs) => judgeProvisioned(seen, wanted, elapsedMs),
    limitMs: warmMs,
    clock,
    signal,
  });
  if (waited.outcome === 'aborted' || (waited.outcome === 'reached' && waited.result === 'ready')) return;
  const reason =
    waited.outcome === 'reached' && typeof waited.result === 'object'
      ? `failed: ${waited.result.reason}`
      : `was not ready after ${formatSeconds(warmMs / 1000)}; it goes on without this step`;
  throw new ActionError({
    kind: 'aws',
    message: `${what} ${reason}.`,
    fix: 'Look at the log of the function: its environments must start without an error. Then re-run this job, or provision less (scaling.lambda.provisioned).',
  });
}

/** Pure: what a look at the configuration means; undefined is "look again". */
export function judgeProvisioned(
  seen: Provisioned | undefined,
  wanted: number,
  elapsedMs: number,
): 'ready' | { reason: string } | undefined {
  if (!seen) return elapsedMs >= unseenMs ? { reason: 'Lambda does not have it any more; somebody else removed it' } : undefined;
  if (seen.status === 'FAILED') return { reason: (seen.reason ?? 'Lambda gives no reason').replace(/\.$/, '') };
  return seen.status === 'READY' && seen.requested === wanted ? 'ready' : undefined;
}
