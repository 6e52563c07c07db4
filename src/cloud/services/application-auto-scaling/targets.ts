import type {
  ScalingActivity,
  SuspendedState,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';

/** A variant whose number of instances is scaled. */
export interface Target {
  readonly arn: string;
  /** `endpoint/<endpoint>/variant/<variant>` */
  readonly resourceId: string;
  readonly endpoint: string;
  readonly variant: string;
  readonly created: Date;
  min: number;
  max: number;
  suspended: SuspendedState;
  readonly policies: Map<string, Policy>;
  /** When the last change of each direction was done; undefined: never. */
  scaledOutMs: number | undefined;
  scaledInMs: number | undefined;
}

/** Target tracking of invocations per minute and instance. */
export interface Policy {
  readonly name: string;
  readonly resourceId: string;
  readonly arn: string;
  readonly created: Date;
  readonly highAlarm: string;
  readonly lowAlarm: string;
  configuration: TargetTrackingScalingPolicyConfiguration;
}

export interface Targets {
  find(resourceId: string): Target | undefined;
  add(target: Target): void;
  remove(target: Target): void;
  all(): Target[];
  /** Newest first. */
  readonly activities: ScalingActivity[];
  note(activity: ScalingActivity): void;
  variantsOf(endpoint: string): string[];
  forget(endpoint: string): void;
}

const mostActivities = 1000;

/** @param onRemove ends what a target has elsewhere: its alarms */
export function createTargets(onRemove: (target: Target) => void): Targets {
  const targets = new Map<string, Target>();
  const activities: ScalingActivity[] = [];
  const remove = (target: Target) => {
    targets.delete(target.resourceId);
    onRemove(target);
  };
  const ofEndpoint = (endpoint: string) => [...targets.values()].filter((target) => target.endpoint === endpoint);
  return {
    find: (resourceId) => targets.get(resourceId),
    add: (target) => void targets.set(target.resourceId, target),
    remove,
    all: () => [...targets.values()],
    activities,
    note: (activity) => {
      activities.unshift(activity);
      if (activities.length > mostActivities) activities.pop();
    },
    variantsOf: (endpoint) => ofEndpoint(endpoint).map(({ variant }) => variant),
    forget: (endpoint) => ofEndpoint(endpoint).forEach(remove),
  };
}
