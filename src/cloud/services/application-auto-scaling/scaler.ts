import { randomUUID } from 'node:crypto';
import type { ScalingActivity } from '@aws-sdk/client-application-auto-scaling';
import type { AlarmState, Cloud } from '../../contract.ts';
import type { ScalableVariant, ScalableVariants } from '../sagemaker/serving/scalable-variants.ts';
import { invocationNamespace as namespace, perInstanceMetric as metric } from '../sagemaker/serving/publish-metrics.ts';
import { lowMinutes, highMinutes, lowShare, trackTarget, type Tracking } from './decide.ts';
import { measureWindows } from './measure.ts';
import type { Policy, Target, Targets } from './targets.ts';

export interface ScalerDeps {
  readonly cloud: Cloud;
  readonly targets: Targets;
  readonly variants: ScalableVariants;
  /** How many seconds one of AWS's minutes lasts here: windows, cooldowns. */
  readonly minuteSeconds: number;
}

const defaultCooldownSeconds = 300;

interface Tracked extends Tracking {
  readonly policy: Policy;
}

/** One look at every target: finishes what is under way, keeps the range, follows the policies. */
export function scaleTargets(deps: ScalerDeps): void {
  for (const target of deps.targets.all()) {
    const variant = deps.variants.find(target.endpoint, target.variant);
    if (!variant) continue;
    settleActivities(target, variant, deps);
    // Everything else waits: a busy endpoint takes no change.
    if (variant.status === 'InService' && !keepRange(target, variant, deps)) followPolicies(target, variant, deps);
  }
}

function settleActivities(target: Target, variant: ScalableVariant, { cloud, targets }: ScalerDeps): void {
  if (variant.status !== 'InService') return;
  for (const activity of targets.activities) {
    if (activity.ResourceId !== target.resourceId || activity.StatusCode !== 'InProgress') continue;
    const reached = activity.Description === describe(variant.desired);
    activity.StatusCode = reached ? 'Successful' : 'Failed';
    activity.StatusMessage = reached
      ? `Successfully set desired instance count to ${variant.desired}. Change successfully fulfilled by sagemaker.`
      : `The endpoint went back to ${variant.desired} instance(s).`;
    activity.EndTime = cloud.clock.now();
  }
}

/** @returns whether it asked for a change */
function keepRange(target: Target, { desired }: ScalableVariant, deps: ScalerDeps): boolean {
  if (target.suspended.DynamicScalingInSuspended === true || target.suspended.DynamicScalingOutSuspended === true) return false;
  if (desired < target.min) change(target, desired, target.min, `minimum capacity was set to ${target.min}`, deps);
  else if (desired > target.max) change(target, desired, target.max, `maximum capacity was set to ${target.max}`, deps);
  return desired < target.min || desired > target.max;
}

function followPolicies(target: Target, { desired }: ScalableVariant, deps: ScalerDeps): void {
  const policies = [...target.policies.values()];
  const tracked = policies.map((policy) => track(target, policy, desired, deps));
  for (const each of tracked) ringAlarms(target, each, deps);
  const nowMs = deps.cloud.clock.now().getTime();
  const isCool = (sinceMs: number | undefined, seconds = defaultCooldownSeconds) =>
    sinceMs === undefined || nowMs >= sinceMs + (seconds * 1000 * deps.minuteSeconds) / 60;
  // Out when one policy asks for it, by the one that asks for most; in when all do.
  const out = tracked
    .filter(({ policy, wanted }) => wanted > desired && isCool(target.scaledOutMs, policy.configuration.ScaleOutCooldown))
    .reduce<Tracked | undefined>((most, each) => (most && most.wanted >= each.wanted ? most : each), undefined);
  const [first] = tracked;
  const inward = tracked.every(
    ({ policy, wanted }) =>
      wanted < desired &&
      policy.configuration.DisableScaleIn !== true &&
      isCool(target.scaledInMs, policy.configuration.ScaleInCooldown),
  );
  if (out && target.suspended.DynamicScalingOutSuspended !== true)
    change(target, desired, out.wanted, explain(out, 'high', deps), deps);
  else if (first && inward && target.suspended.DynamicScalingInSuspended !== true) {
    const wanted = Math.max(...tracked.map((each) => each.wanted));
    change(target, desired, wanted, explain(first, 'low', deps), deps);
  }
}

function track(target: Target, policy: Policy, instances: number, { cloud, minuteSeconds }: ScalerDeps): Tracked {
  const windowMs = minuteSeconds * 1000;
  // What cannot be seen yet is not judged.
  const endMs = Math.floor((cloud.clock.now().getTime() - cloud.weather.metricsDelayMs) / windowMs) * windowMs;
  const count = Math.max(0, Math.min(lowMinutes, Math.floor((endMs - policy.created.getTime()) / windowMs)));
  const dimensions = { EndpointName: target.endpoint, VariantName: target.variant };
  const points = cloud.metrics.points(namespace, dimensions, metric);
  const rates = measureWindows(points, { endMs, windowMs, count });
  const value = policy.configuration.TargetValue ?? 1;
  return { policy, ...trackTarget({ instances, min: target.min, max: target.max, target: value, rates }) };
}

function stateOf(rings: boolean | undefined): AlarmState {
  if (rings === undefined) return 'INSUFFICIENT_DATA';
  return rings ? 'ALARM' : 'OK';
}

function ringAlarms(target: Target, { policy, high, low, rate }: Tracked, { cloud, minuteSeconds }: ScalerDeps): void {
  const value = policy.configuration.TargetValue ?? 1;
  const common = {
    description: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
    namespace,
    metric,
    dimensions: { EndpointName: target.endpoint, VariantName: target.variant },
  };
  const reason = `${metric} was ${round(rate)} a minute; a minute lasts ${minuteSeconds} s in the local cloud.`;
  cloud.alarms.setManaged(
    { ...common, name: policy.highAlarm, comparison: 'GreaterThanThreshold', threshold: value, evaluationPeriods: highMinutes },
    stateOf(high),
    reason,
  );
  cloud.alarms.setManaged(
    {
      ...common,
      name: policy.lowAlarm,
      comparison: 'LessThanThreshold',
      threshold: lowShare * value,
      evaluationPeriods: lowMinutes,
    },
    stateOf(low),
    reason,
  );
}

function explain({ policy, rate }: Tracked, side: 'high' | 'low', { minuteSeconds }: ScalerDeps): string {
  const [alarm, minutes] = side === 'high' ? [policy.highAlarm, highMinutes] : [policy.lowAlarm, lowMinutes];
  return (
    `monitor alarm ${alarm} in state ALARM triggered policy ${policy.name}: ${metric} was ${round(rate)} a minute, the target is ` +
    `${policy.configuration.TargetValue} (measured over ${minutes} minutes, which last ${minuteSeconds} s each in the local cloud)`
  );
}

function change(target: Target, before: number, wanted: number, cause: string, deps: ScalerDeps): void {
  const now = deps.cloud.clock.now();
  const activity: ScalingActivity = {
    ActivityId: randomUUID(),
    ServiceNamespace: 'sagemaker',
    ResourceId: target.resourceId,
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    Description: describe(wanted),
    Cause: cause,
    StartTime: now,
    StatusCode: 'InProgress',
    StatusMessage: `Setting desired instance count to ${wanted}. Waiting for change to be fulfilled by sagemaker.`,
  };
  try {
    deps.variants.setDesired(target.endpoint, target.variant, wanted);
    if (wanted > before) target.scaledOutMs = now.getTime();
    else target.scaledInMs = now.getTime();
    deps.targets.note(activity);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const StatusMessage = `Failed to set desired instance count to ${wanted}. Reason: ${text}`;
    // The same refusal at every look is one activity.
    const last = deps.targets.activities.find(({ ResourceId }) => ResourceId === target.resourceId);
    if (last?.StatusMessage === StatusMessage) return;
    deps.targets.note({ ...activity, StatusCode: 'Failed', StatusMessage, EndTime: now });
  }
}

const describe = (count: number) => `Setting desired instance count to ${count}.`;
const round = (value: number) => Math.round(value * 10) / 10;
