import type { VariantStatus } from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../../time/clock.ts';
import type { Alarms } from '../../../contract.ts';
import { countOf, shareOf, type RolloutPlan } from './deployment-config.ts';
import { countDesired, startFleet, type Fleet, type VariantFleet } from './fleet.ts';
import type { Router } from './router.ts';

/** Why a deployment goes back. */
export class RolloutFailure extends Error {}

export interface Rollout {
  readonly plan: RolloutPlan;
  readonly from: Fleet;
  readonly to: Fleet;
  /** How many instances the new fleet shall have in the end. */
  readonly countFor: (variant: VariantFleet) => number;
  readonly router: Router;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly closing: AbortSignal;
  /** Milliseconds that so many of AWS's seconds last here. */
  readonly toMs: (awsSeconds: number) => number;
  readonly deadlineMs: number;
  readonly onPhase: (status: VariantStatus) => void;
}

const lookEveryMs = 100;

/** Brings all calls from the one fleet to the other; the old one serves until the new one answers. @throws RolloutFailure */
export async function rollOut(rollout: Rollout): Promise<void> {
  await (rollout.plan.kind === 'rolling' ? rollBatches(rollout) : shiftTraffic(rollout));
}

/** Blue/green: the whole new fleet first, then the traffic: at once, after a canary, or in equal steps. */
async function shiftTraffic(rollout: Rollout): Promise<void> {
  const { plan, to, from, router } = rollout;
  await start(rollout, rollout.countFor);
  const share = plan.kind === 'all-at-once' ? 1 : shareOf(plan.size, countDesired(to));
  rollout.onPhase('ActivatingTraffic');
  for (let moved = share; moved < 1; moved = plan.kind === 'linear' ? moved + share : 1) {
    router.traffic = [
      { fleet: from, share: 1 - moved },
      { fleet: to, share: moved },
    ];
    await bake(rollout, plan.waitSeconds);
  }
  router.traffic = [{ fleet: to, share: 1 }];
  rollout.onPhase('Baking');
  await bake(rollout, plan.terminationSeconds);
}

/** Batches: some new instances, as many old ones fewer, a wait; traffic goes where the instances are. */
async function rollBatches(rollout: Rollout): Promise<void> {
  const { plan, to, from, router, countFor } = rollout;
  const before = new Map(from.variants.map((variant) => [variant.name, variant.desired]));
  const total = to.variants.reduce((sum, variant) => sum + countFor(variant), 0);
  const batch = countOf(plan.size, total);
  rollout.onPhase('ActivatingTraffic');
  for (let moved = batch; ; moved += batch) {
    const done = Math.min(1, moved / total);
    await start(rollout, (variant) => Math.ceil(countFor(variant) * done));
    router.traffic = [
      { fleet: from, share: 1 - done },
      { fleet: to, share: done },
    ];
    await Promise.all(from.variants.map((variant) => variant.scaleIn(Math.floor((before.get(variant.name) ?? 0) * (1 - done)))));
    if (done === 1) rollout.onPhase('Baking');
    await bake(rollout, plan.waitSeconds);
    if (done === 1) return;
  }
}

async function start({ to, closing }: Rollout, countFor: Rollout['countFor']): Promise<void> {
  if (closing.aborted) throw new RolloutFailure('The local cloud is closing.');
  const started = await startFleet(to, countFor);
  if (started.outcome === 'failed') throw new RolloutFailure(started.reason);
}

/** Waits, and looks at the alarms meanwhile, once at least. @throws RolloutFailure when one rings, or the time is over */
async function bake({ plan, alarms, clock, closing, toMs, deadlineMs }: Rollout, awsSeconds: number): Promise<void> {
  const untilMs = clock.now().getTime() + toMs(awsSeconds);
  for (;;) {
    const ringing = plan.alarms.filter((name) => alarms.stateOf(name) === 'ALARM');
    if (ringing.length > 0) throw new RolloutFailure(`The deployment was rolled back: in ALARM ${ringing.join(', ')}.`);
    const nowMs = clock.now().getTime();
    if (closing.aborted) throw new RolloutFailure('The local cloud is closing.');
    if (nowMs > deadlineMs) throw new RolloutFailure('The deployment took longer than MaximumExecutionTimeoutInSeconds.');
    if (nowMs >= untilMs) return;
    await clock.sleep(Math.min(lookEveryMs, untilMs - nowMs), closing);
  }
}
