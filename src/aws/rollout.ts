import type { DeploymentConfig } from '@aws-sdk/client-sagemaker';
import type { Rollout } from '../serving/ports.ts';

/** A fleet that was replaced stays this long, so that connections to it can end. */
const terminationWaitSeconds = 60;
/** Least and most that AWS takes for a whole deployment, in seconds (MaximumExecutionTimeoutInSeconds). */
const shortest = 600;
const longest = 28_800;
/** What machines of one step may take to start. */
const startSeconds = 900;

/** SageMaker's words for a rollout; undefined for all at once without alarms, which is what it does by itself. */
export function toDeploymentConfig(rollout: Rollout): DeploymentConfig | undefined {
  const { alarms = [], waitSeconds = 0 } = rollout;
  if (rollout.kind === 'all-at-once' && alarms.length === 0 && waitSeconds === 0) return undefined;
  const rollback = alarms.length > 0 ? { AutoRollbackConfiguration: { Alarms: alarms.map((AlarmName) => ({ AlarmName })) } } : {};
  const size = { Type: 'CAPACITY_PERCENT', Value: rollout.kind === 'all-at-once' ? 100 : rollout.percent } as const;
  const steps = rollout.kind === 'canary' ? 2 : Math.ceil(100 / size.Value);
  const timeout = Math.min(longest, Math.max(shortest, steps * (2 * waitSeconds + startSeconds)));
  if (rollout.kind === 'rolling') {
    const policy = { MaximumBatchSize: size, RollbackMaximumBatchSize: size, WaitIntervalInSeconds: waitSeconds };
    return { RollingUpdatePolicy: { ...policy, MaximumExecutionTimeoutInSeconds: timeout }, ...rollback };
  }
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: { ...shift(rollout.kind, size), WaitIntervalInSeconds: waitSeconds },
      TerminationWaitInSeconds: terminationWaitSeconds,
      MaximumExecutionTimeoutInSeconds: timeout,
    },
    ...rollback,
  };
}

function shift(kind: 'all-at-once' | 'canary' | 'linear', size: { Type: 'CAPACITY_PERCENT'; Value: number }) {
  if (kind === 'canary') return { Type: 'CANARY', CanarySize: size } as const;
  return kind === 'linear' ? ({ Type: 'LINEAR', LinearStepSize: size } as const) : ({ Type: 'ALL_AT_ONCE' } as const);
}
