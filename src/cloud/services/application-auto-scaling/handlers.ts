import { randomUUID } from 'node:crypto';
import type * as scaling from '@aws-sdk/client-application-auto-scaling';
import { AwsError, type Cloud } from '../../contract.ts';
import type { ScalableVariants } from '../sagemaker/serving/scalable-variants.ts';
import type { Policy, Target, Targets } from './targets.ts';

interface Deps {
  readonly cloud: Cloud;
  readonly targets: Targets;
  readonly variants: ScalableVariants;
}

const dimension = 'sagemaker:variant:DesiredInstanceCount';
const predefined = 'SageMakerVariantInvocationsPerInstance';

/** Application Auto Scaling of SageMaker's variants, by operation. */
export function createScalingHandlers({ cloud, targets, variants }: Deps) {
  const arnOf = (kind: string) => `arn:aws:application-autoscaling:${cloud.region}:${cloud.account}:${kind}`;
  const get = (input: { ResourceId?: string | undefined; ScalableDimension?: string | undefined }): Target => {
    const target = targets.find(input.ResourceId ?? '');
    if (target) return target;
    const where = `service namespace: sagemaker, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}`;
    throw new AwsError('ObjectNotFoundException', `No scalable target registered for ${where}`);
  };
  return {
    RegisterScalableTarget: (input: scaling.RegisterScalableTargetRequest): scaling.RegisterScalableTargetResponse => {
      const names = readResource(input);
      const before = targets.find(names.resourceId);
      const [min, max] = [input.MinCapacity ?? before?.min, input.MaxCapacity ?? before?.max];
      checkVariant(names, variants);
      if (min === undefined || max === undefined)
        return refuse('MinCapacity and MaxCapacity are required to register a scalable target.');
      if (max < min) refuse('Maximum capacity cannot be less than minimum capacity.');
      if (min < 1) refuse('Minimum capacity cannot be less than 1 for a SageMaker variant without inference components.');
      const target = before ?? {
        ...names,
        arn: `${arnOf('scalable-target')}/${randomUUID()}`,
        created: cloud.clock.now(),
        min,
        max,
        suspended: {},
        policies: new Map(),
        scaledOutMs: undefined,
        scaledInMs: undefined,
      };
      target.min = min;
      target.max = max;
      if (input.SuspendedState) target.suspended = input.SuspendedState;
      targets.add(target);
      return { ScalableTargetARN: target.arn };
    },
    DescribeScalableTargets: (input: scaling.DescribeScalableTargetsRequest): scaling.DescribeScalableTargetsResponse => {
      const found = targets.all().filter(({ resourceId }) => isAsked(resourceId, input.ResourceIds));
      const { items, ...more } = page(found, input);
      return { ...more, ScalableTargets: items.map((target) => viewTarget(target, cloud.account)) };
    },
    DeregisterScalableTarget: (input: scaling.DeregisterScalableTargetRequest) => {
      targets.remove(get(input));
      return {};
    },
    PutScalingPolicy: (input: scaling.PutScalingPolicyRequest): scaling.PutScalingPolicyResponse => {
      const { resourceId } = readResource(input);
      const target = get(input);
      const configuration = readConfiguration(input);
      const name = input.PolicyName ?? '';
      const before = target.policies.get(name);
      const alarm = (side: 'High' | 'Low') => `TargetTracking-${resourceId}-Alarm${side}-${randomUUID()}`;
      const policy: Policy = before ?? {
        name,
        resourceId,
        arn: `arn:aws:autoscaling:${cloud.region}:${cloud.account}:scalingPolicy:${randomUUID()}:resource/sagemaker/${resourceId}:policyName/${name}`,
        created: cloud.clock.now(),
        highAlarm: alarm('High'),
        lowAlarm: alarm('Low'),
        configuration,
      };
      policy.configuration = configuration;
      target.policies.set(name, policy);
      return { PolicyARN: policy.arn, Alarms: viewAlarms(policy, cloud) };
    },
    DescribeScalingPolicies: (input: scaling.DescribeScalingPoliciesRequest): scaling.DescribeScalingPoliciesResponse => {
      const policies = targets.all().flatMap((target) => Array.from(target.policies.values()));
      const found = policies.filter(
        ({ name, resourceId }) =>
          isAsked(name, input.PolicyNames) && (input.ResourceId === undefined || resourceId === input.ResourceId),
      );
      const { items, ...more } = page(found, input);
      return { ...more, ScalingPolicies: items.map((policy) => viewPolicy(policy, cloud)) };
    },
    DeleteScalingPolicy: (input: scaling.DeleteScalingPolicyRequest) => {
      const target = targets.find(input.ResourceId ?? '');
      const policy = target?.policies.get(input.PolicyName ?? '');
      if (!target || !policy) {
        throw new AwsError(
          'ObjectNotFoundException',
          `No scaling policy found for service namespace: sagemaker, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}, policy name: ${input.PolicyName}`,
        );
      }
      target.policies.delete(policy.name);
      for (const name of [policy.highAlarm, policy.lowAlarm]) cloud.alarms.remove(name);
      return {};
    },
    DescribeScalingActivities: (input: scaling.DescribeScalingActivitiesRequest): scaling.DescribeScalingActivitiesResponse => {
      const found = targets.activities.filter(
        ({ ResourceId }) => input.ResourceId === undefined || ResourceId === input.ResourceId,
      );
      const { items, ...more } = page(found, input);
      return { ...more, ScalingActivities: items.map((activity) => structuredClone(activity)) };
    },
  };
}

interface ResourceNames {
  readonly resourceId: string;
  readonly endpoint: string;
  readonly variant: string;
}

function readResource(input: scaling.RegisterScalableTargetRequest | scaling.PutScalingPolicyRequest): ResourceNames {
  const resourceId = input.ResourceId ?? '';
  const [, endpoint, variant] = /^endpoint\/([^/]+)\/variant\/([^/]+)$/.exec(resourceId) ?? [];
  if (input.ServiceNamespace !== 'sagemaker' || input.ScalableDimension !== dimension)
    return refuse(
      `The local cloud scales SageMaker variants only: service namespace sagemaker, scalable dimension ${dimension}.`,
    );
  if (endpoint === undefined || variant === undefined)
    return refuse(`Unsupported resource ID ${resourceId}: it must be endpoint/<endpoint>/variant/<variant>.`);
  return { resourceId, endpoint, variant };
}

function checkVariant({ resourceId, endpoint, variant }: ResourceNames, variants: ScalableVariants): void {
  const found = variants.find(endpoint, variant);
  if (!found) return refuse(`SageMaker variant doesn't exist: ${resourceId}`);
  if (found.status !== 'InService') refuse(`The endpoint ${endpoint} is ${found.status}; it must be InService to be registered.`);
  if (found.instanceType.startsWith('ml.t2.'))
    refuse(`Automatic scaling is not supported for the burstable instance type ${found.instanceType}.`);
}

function readConfiguration(input: scaling.PutScalingPolicyRequest): scaling.TargetTrackingScalingPolicyConfiguration {
  const configuration = input.TargetTrackingScalingPolicyConfiguration;
  const type = configuration?.PredefinedMetricSpecification?.PredefinedMetricType;
  if (input.PolicyType !== 'TargetTrackingScaling' || !configuration)
    return refuse('The local cloud follows policies of the type TargetTrackingScaling with a configuration.');
  if (type !== predefined)
    refuse(`The local cloud tracks the predefined metric ${predefined}, not ${type ?? 'a customized one'}.`);
  if (!((configuration.TargetValue ?? 0) > 0)) refuse('TargetValue must be greater than 0.');
  return configuration;
}

function viewTarget(target: Target, account: string): scaling.ScalableTarget {
  const role = 'AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint';
  return {
    ServiceNamespace: 'sagemaker',
    ResourceId: target.resourceId,
    ScalableDimension: dimension,
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: `arn:aws:iam::${account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/${role}`,
    CreationTime: target.created,
    SuspendedState: { ...target.suspended },
    ScalableTargetARN: target.arn,
  };
}

function viewPolicy(policy: Policy, cloud: Cloud): scaling.ScalingPolicy {
  return {
    PolicyARN: policy.arn,
    PolicyName: policy.name,
    ServiceNamespace: 'sagemaker',
    ResourceId: policy.resourceId,
    ScalableDimension: dimension,
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: policy.configuration,
    Alarms: viewAlarms(policy, cloud),
    CreationTime: policy.created,
  };
}

function viewAlarms({ highAlarm, lowAlarm }: Policy, { region, account }: Cloud): scaling.Alarm[] {
  return [highAlarm, lowAlarm].map((name) => ({
    AlarmName: name,
    AlarmARN: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
  }));
}

const isAsked = (name: string, asked: readonly string[] | undefined) => !asked?.length || asked.includes(name);

function page<Item>(
  found: readonly Item[],
  { NextToken: token, MaxResults: size = 50 }: { NextToken?: string | undefined; MaxResults?: number | undefined },
): { items: Item[]; NextToken?: string } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidNextTokenException', 'The next token is invalid.');
  return { items: found.slice(from, from + size), ...(from + size < found.length && { NextToken: String(from + size) }) };
}

function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}
