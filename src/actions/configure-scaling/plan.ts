import { planScaling, type ScalingPlan, type ScalingSituation } from '../../serving/scaling-plan.ts';
import type { ScalingSpec, ServeSpec } from '../../spec/spec.ts';

export interface Plans {
  /** What this step does. */
  readonly now: ScalingPlan;
  /** What promote-endpoint does when the update is over (`in-place`). */
  readonly later: ScalingPlan;
}

const nothing: ScalingPlan = { steps: [], changes: [], notes: [] };

/** The spec's scaling as far as it means something: with `in-place` callers use the endpoint, so no function is kept warm for them. */
export function findUsed(scaling: ScalingSpec | undefined, { strategy }: ServeSpec): { scaling?: ScalingSpec; unused: string[] } {
  if (!scaling) return { unused: [] };
  if (strategy === 'alias' || scaling.lambda?.provisioned === undefined) return { scaling, unused: [] };
  const { provisioned: _, ...lambda } = scaling.lambda;
  const unused = [
    'scaling.lambda.provisioned is not used with strategy in-place: callers use the endpoint itself, so no environment is kept warm.',
  ];
  return { scaling: { ...scaling, lambda }, unused };
}

/** With `in-place` only what belongs to the whole function can be set before the endpoint is updated. */
export function planBoth(wanted: ScalingSpec | undefined, { strategy }: ServeSpec, seen: ScalingSituation): Plans {
  if (strategy === 'alias') return { now: planScaling(wanted, seen), later: nothing };
  return {
    now: planScaling(wanted?.lambda && { lambda: wanted.lambda }, { ...seen, scaling: undefined, provisioned: undefined }),
    later: planScaling(wanted?.endpoint && { endpoint: wanted.endpoint }, {
      ...seen,
      reserved: undefined,
      provisioned: undefined,
    }),
  };
}
