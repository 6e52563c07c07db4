import type { ScalingRecord } from './record.ts';
import type { ScalingSpec } from '../spec/spec.ts';
import type { Concurrency, ScalingPolicy, ScalingState } from './ports.ts';

export type Provisioned = NonNullable<Awaited<ReturnType<Concurrency['provisioned']>>>;

/** What there is of the candidate's scaling, before anything is written. */
export interface ScalingSituation {
  readonly functionName: string;
  /** Number of the version that alias `candidate` names. */
  readonly version: string;
  readonly endpoint: string;
  readonly scaling: ScalingState | undefined;
  /** Function-wide; undefined when none is set. */
  readonly reserved: number | undefined;
  /** Of the candidate's version. */
  readonly provisioned: Provisioned | undefined;
}

/** One call to AWS. `await-provisioned` only looks. */
export type ScalingStep =
  | { readonly kind: 'reserve'; readonly concurrency: number }
  | { readonly kind: 'register'; readonly min: number; readonly max: number }
  | { readonly kind: 'put-policy'; readonly policy: ScalingPolicy }
  | { readonly kind: 'deregister' }
  | { readonly kind: 'provision'; readonly concurrency: number }
  | { readonly kind: 'unprovision' }
  | { readonly kind: 'await-provisioned'; readonly concurrency: number };

export type Change = ScalingRecord['changes'][number];

export interface ScalingPlan {
  /** In the order AWS needs: what is set aside first, then what draws on it; environments are warmed last. */
  readonly steps: readonly ScalingStep[];
  readonly changes: readonly Change[];
  /** What is left as it is although it is not as the spec says, and why. */
  readonly notes: readonly string[];
}

/** What brings the candidate to the spec. Pure; empty when it is there already. */
export function planScaling(wanted: ScalingSpec | undefined, seen: ScalingSituation): ScalingPlan {
  const parts = [
    planReserved(wanted?.lambda?.reserved, seen),
    planEndpoint(wanted?.endpoint, seen),
    planProvisioned(wanted?.lambda?.provisioned, seen),
  ];
  return {
    steps: parts.flatMap(({ steps }) => steps),
    changes: parts.flatMap(({ changes }) => changes),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

const nothing: ScalingPlan = { steps: [], changes: [], notes: [] };

/** Reserved concurrency belongs to the whole function, live included, so it is only ever raised here. */
function planReserved(wanted: number | undefined, { reserved, functionName }: ScalingSituation): ScalingPlan {
  if (wanted === reserved) return nothing;
  if (wanted === undefined)
    return { ...nothing, notes: [`Reserved concurrency of ${functionName} stays ${reserved}: the spec says nothing of it.`] };
  if (reserved !== undefined && wanted < reserved) {
    return {
      ...nothing,
      notes: [`Reserved concurrency of ${functionName} stays ${reserved}, not ${wanted}: lowering it could throttle live.`],
    };
  }
  return {
    steps: [{ kind: 'reserve', concurrency: wanted }],
    changes: [describe('Reserved concurrency', reserved, wanted)],
    notes:
      reserved === undefined
        ? [`${functionName} takes ${wanted} calls at once from now on, live included; it had no limit of its own.`]
        : [],
  };
}

function planEndpoint(wanted: ScalingSpec['endpoint'], { scaling, endpoint }: ScalingSituation): ScalingPlan {
  const machines = `Machines of ${endpoint}`;
  const target = `Scaling target of ${endpoint}`;
  if (!wanted) {
    if (!scaling) return nothing;
    if (!scaling.policy) return { ...nothing, notes: [`${endpoint} is scaled by somebody else's policy, which is left alone.`] };
    return {
      steps: [{ kind: 'deregister' }],
      changes: [describe(machines, formatRange(scaling), undefined), describe(target, formatPolicy(scaling.policy), undefined)],
      notes: [`${endpoint} keeps the machines it has now: the spec scales it no more.`],
    };
  }
  const { min, max, ...policy } = wanted;
  const sameRange = scaling?.min === min && scaling.max === max;
  const before = scaling?.policy && formatPolicy(scaling.policy);
  const samePolicy = before === formatPolicy(policy);
  return {
    steps: [
      ...(sameRange ? [] : [{ kind: 'register', min, max } as const]),
      ...(samePolicy ? [] : [{ kind: 'put-policy', policy } as const]),
    ],
    changes: [
      ...(sameRange ? [] : [describe(machines, scaling && formatRange(scaling), formatRange(wanted))]),
      ...(samePolicy ? [] : [describe(target, before, formatPolicy(policy))]),
    ],
    notes: [],
  };
}

/** On the version's number: an alias that holds provisioned concurrency cannot be moved or weighted freely. */
function planProvisioned(wanted: number | undefined, { provisioned, version }: ScalingSituation): ScalingPlan {
  const setting = `Provisioned concurrency of version ${version}`;
  if (wanted === undefined) {
    if (!provisioned) return nothing;
    return { ...nothing, steps: [{ kind: 'unprovision' }], changes: [describe(setting, provisioned.requested, undefined)] };
  }
  const wait = { kind: 'await-provisioned', concurrency: wanted } as const;
  if (provisioned?.requested === wanted && provisioned.status !== 'FAILED') {
    return provisioned.status === 'READY' ? nothing : { ...nothing, steps: [wait] };
  }
  const failed = provisioned?.status === 'FAILED' ? `${provisioned.requested}, failed` : provisioned?.requested;
  return { ...nothing, steps: [{ kind: 'provision', concurrency: wanted }, wait], changes: [describe(setting, failed, wanted)] };
}

function describe(setting: string, before: string | number | undefined, after: string | number | undefined): Change {
  return {
    setting,
    ...(before === undefined ? {} : { before: String(before) }),
    ...(after === undefined ? {} : { after: String(after) }),
  };
}

function formatRange({ min, max }: { min: number; max: number }): string {
  return min === max ? `${min}` : `${min} to ${max}`;
}

function formatPolicy(policy: ScalingPolicy): string {
  const { invocationsPerMinute: calls, scaleOutCooldownSeconds: out, scaleInCooldownSeconds: back } = policy;
  return `${calls} calls per minute and machine, pauses ${out} s out and ${back} s in`;
}
