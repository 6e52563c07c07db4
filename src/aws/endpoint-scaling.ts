import {
  ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  type ScalingPolicy as AwsPolicy,
} from '@aws-sdk/client-application-auto-scaling';
import type { EndpointScaling, ScalingPolicy, ScalingState } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call, findCode } from './errors.ts';
import { writeWhenFree } from './write-when-free.ts';

const policyName = 'trainyard-invocations';
/** Average invocations per minute and instance (Application Auto Scaling user guide). */
const metric = 'SageMakerVariantInvocationsPerInstance';
/** AWS's own pause after scaling in and out when a policy names none, in seconds. */
const cooldownByDefault = 300;

const target = (endpoint: string, variant: string) =>
  ({
    ServiceNamespace: 'sagemaker',
    ResourceId: `endpoint/${endpoint}/variant/${variant}`,
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  }) as const;
const doing = (action: string, endpoint: string) => ({
  action: `application-autoscaling:${action}`,
  resource: `the endpoint ${endpoint}`,
});

/** Application Auto Scaling of endpoint variants. */
export function createEndpointScaling(clients: Clients): EndpointScaling {
  const scaling = clients.of(ApplicationAutoScalingClient);
  const { clock } = clients;

  const write = (action: string, endpoint: string, send: () => Promise<unknown>) =>
    writeWhenFree({ doing: doing(action, endpoint), send, busyCode: 'ConcurrentUpdateException', clock });

  async function findPolicy(endpoint: string, variant: string): Promise<ScalingPolicy | undefined> {
    let token: string | undefined;
    do {
      const command = new DescribeScalingPoliciesCommand({
        ...target(endpoint, variant),
        PolicyNames: [policyName],
        NextToken: token,
      });
      const page = await call(doing('DescribeScalingPolicies', endpoint), () => scaling.send(command));
      const found = page.ScalingPolicies?.map(readPolicy).find((policy) => policy !== undefined);
      if (found) return found;
      token = page.NextToken;
    } while (token !== undefined);
    return undefined;
  }

  return {
    async read(endpoint, variant): Promise<ScalingState | undefined> {
      const { ServiceNamespace, ResourceId, ScalableDimension } = target(endpoint, variant);
      const command = new DescribeScalableTargetsCommand({ ServiceNamespace, ResourceIds: [ResourceId], ScalableDimension });
      const answer = await call(doing('DescribeScalableTargets', endpoint), () => scaling.send(command));
      const { MinCapacity: min, MaxCapacity: max } = answer.ScalableTargets?.[0] ?? {};
      if (min === undefined || max === undefined) return undefined;
      const policy = await findPolicy(endpoint, variant);
      return { min, max, ...(policy && { policy }) };
    },
    register: (endpoint, variant, { min, max }) =>
      write('RegisterScalableTarget', endpoint, () =>
        scaling.send(new RegisterScalableTargetCommand({ ...target(endpoint, variant), MinCapacity: min, MaxCapacity: max })),
      ),
    putPolicy: (endpoint, variant, policy) =>
      write('PutScalingPolicy', endpoint, () =>
        scaling.send(
          new PutScalingPolicyCommand({
            ...target(endpoint, variant),
            PolicyName: policyName,
            PolicyType: 'TargetTrackingScaling',
            TargetTrackingScalingPolicyConfiguration: {
              TargetValue: policy.invocationsPerMinute,
              PredefinedMetricSpecification: { PredefinedMetricType: metric },
              ScaleInCooldown: policy.scaleInCooldownSeconds,
              ScaleOutCooldown: policy.scaleOutCooldownSeconds,
            },
          }),
        ),
      ),
    deregister: (endpoint, variant) =>
      write('DeregisterScalableTarget', endpoint, async () => {
        try {
          await scaling.send(new DeregisterScalableTargetCommand(target(endpoint, variant)));
        } catch (error) {
          if (findCode(error) !== 'ObjectNotFoundException') throw error;
        }
      }),
  };
}

function readPolicy({ TargetTrackingScalingPolicyConfiguration: tracking }: AwsPolicy): ScalingPolicy | undefined {
  if (tracking?.TargetValue === undefined || tracking.PredefinedMetricSpecification?.PredefinedMetricType !== metric)
    return undefined;
  return {
    invocationsPerMinute: tracking.TargetValue,
    scaleInCooldownSeconds: tracking.ScaleInCooldown ?? cooldownByDefault,
    scaleOutCooldownSeconds: tracking.ScaleOutCooldown ?? cooldownByDefault,
  };
}
