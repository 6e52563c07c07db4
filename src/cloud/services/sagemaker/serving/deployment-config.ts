import type { CapacitySize, DeploymentConfig } from '@aws-sdk/client-sagemaker';
import { AwsError, type Alarms } from '../../../contract.ts';

/** How a deployment reaches the new configuration; seconds are AWS's. */
export interface RolloutPlan {
  readonly kind: 'all-at-once' | 'canary' | 'linear' | 'rolling';
  /** Of a canary, a linear step or a batch. */
  readonly size: CapacitySize;
  readonly rollbackSize: CapacitySize | undefined;
  readonly waitSeconds: number;
  readonly terminationSeconds: number;
  readonly maxSeconds: number;
  readonly alarms: readonly string[];
}

const everything: CapacitySize = { Type: 'CAPACITY_PERCENT', Value: 100 };
const percentRanges = { canary: [1, 50], linear: [10, 50], rolling: [5, 50] } as const;

/** Reads a deployment configuration. @throws ValidationException with all that is wrong with it */
export function readPlan(config: DeploymentConfig | undefined, alarms: Alarms): RolloutPlan {
  const { BlueGreenUpdatePolicy: blueGreen, RollingUpdatePolicy: rolling, AutoRollbackConfiguration: rollback } = config ?? {};
  const routing = blueGreen?.TrafficRoutingConfiguration;
  const kind = rolling ? 'rolling' : kindOf(routing?.Type);
  const size = rolling?.MaximumBatchSize ?? routing?.CanarySize ?? routing?.LinearStepSize;
  const names = (rollback?.Alarms ?? []).map(({ AlarmName: name = '' }) => name);
  const problems: string[] = [];
  if (blueGreen && rolling) problems.push('only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified');
  if (kind !== 'all-at-once') problems.push(...checkSize(kind, size));
  for (const name of names) if (alarms.stateOf(name) === undefined) problems.push(`the alarm ${name} does not exist`);
  if (problems.length > 0) throw new AwsError('ValidationException', `Invalid DeploymentConfig: ${problems.join('; ')}.`);
  return {
    kind,
    size: size ?? everything,
    rollbackSize: rolling?.RollbackMaximumBatchSize,
    waitSeconds: rolling?.WaitIntervalInSeconds ?? routing?.WaitIntervalInSeconds ?? 0,
    terminationSeconds: blueGreen?.TerminationWaitInSeconds ?? 0,
    maxSeconds: rolling?.MaximumExecutionTimeoutInSeconds ?? blueGreen?.MaximumExecutionTimeoutInSeconds ?? Infinity,
    alarms: names,
  };
}

function kindOf(type: string | undefined): Exclude<RolloutPlan['kind'], 'rolling'> {
  if (type === 'CANARY') return 'canary';
  return type === 'LINEAR' ? 'linear' : 'all-at-once';
}

function checkSize(kind: keyof typeof percentRanges, size: CapacitySize | undefined): string[] {
  const member = { canary: 'CanarySize', linear: 'LinearStepSize', rolling: 'MaximumBatchSize' }[kind];
  if (!size) return [`${member} must be specified`];
  const [least, most] = percentRanges[kind];
  const value = size.Value ?? 0;
  if (size.Type !== 'CAPACITY_PERCENT' || (value >= least && value <= most)) return [];
  return [`${member} must be between ${least} and ${most} per cent of the capacity, not ${value}`];
}

/** A share of `total` as a number of instances, at least one. */
export function countOf(size: CapacitySize, total: number): number {
  const value = size.Value ?? 0;
  const count = size.Type === 'CAPACITY_PERCENT' ? Math.ceil((total * value) / 100) : value;
  return Math.min(total, Math.max(1, count));
}

/** A share of `total` between 0 and 1. */
export function shareOf(size: CapacitySize, total: number): number {
  const value = size.Value ?? 0;
  return Math.min(1, size.Type === 'CAPACITY_PERCENT' ? value / 100 : value / Math.max(1, total));
}
