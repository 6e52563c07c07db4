import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { TrainingJobRequest } from '../training/ports.ts';
import { localDisks } from './local-disks.ts';
import { mergeMembers } from './merge-members.ts';

/** SageMaker's request for a job of ours, with `request.training-job` merged over it. */
export function toCreateRequest(request: TrainingJobRequest): CreateTrainingJobRequest {
  return mergeMembers(buildRequest(request), request.overrides);
}

function buildRequest(request: TrainingJobRequest): CreateTrainingJobRequest {
  const { name, network, checkpointS3Uri } = request;
  return {
    TrainingJobName: name,
    RoleArn: request.roleArn,
    AlgorithmSpecification: {
      TrainingImage: request.image,
      TrainingInputMode: 'File',
      ContainerEntrypoint: [...request.entrypoint],
      ...(request.arguments.length > 0 ? { ContainerArguments: [...request.arguments] } : {}),
      ...(request.metrics.length > 0
        ? { MetricDefinitions: request.metrics.map((metric) => ({ Name: metric.name, Regex: metric.regex })) }
        : {}),
    },
    ...(request.channels.length > 0 ? { InputDataConfig: request.channels.map(toChannel) } : {}),
    OutputDataConfig: {
      S3OutputPath: request.outputS3Uri,
      ...(request.kmsKey === undefined ? {} : { KmsKeyId: request.kmsKey }),
    },
    ...(checkpointS3Uri === undefined ? {} : { CheckpointConfig: { S3Uri: checkpointS3Uri } }),
    ResourceConfig: toResources(request),
    StoppingCondition: {
      MaxRuntimeInSeconds: request.maxRuntimeSeconds,
      ...(request.maxWaitSeconds === undefined ? {} : { MaxWaitTimeInSeconds: request.maxWaitSeconds }),
    },
    EnableManagedSpotTraining: request.maxWaitSeconds !== undefined,
    EnableNetworkIsolation: network.isolation,
    ...(network.subnets.length > 0
      ? { VpcConfig: { Subnets: [...network.subnets], SecurityGroupIds: [...network.securityGroups] } }
      : {}),
    HyperParameters: { ...request.hyperparameters },
    Environment: { ...request.environment },
    Tags: Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

export function toChannel({ name, s3Uri }: TrainingJobRequest['channels'][number]) {
  const S3DataSource = { S3DataType: 'S3Prefix', S3Uri: s3Uri, S3DataDistributionType: 'FullyReplicated' } as const;
  return { ChannelName: name, DataSource: { S3DataSource } };
}

function toResources({ instanceType, instanceCount, volumeGb, kmsKey, keepAliveSeconds }: TrainingJobRequest) {
  return {
    // The service, not this list, decides which types exist: it may be newer.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    InstanceType: instanceType as NonNullable<CreateTrainingJobRequest['ResourceConfig']>['InstanceType'],
    InstanceCount: instanceCount,
    VolumeSizeInGB: volumeGb,
    ...(kmsKey === undefined || localDisks.test(instanceType) ? {} : { VolumeKmsKeyId: kmsKey }),
    ...(keepAliveSeconds === undefined ? {} : { KeepAlivePeriodInSeconds: keepAliveSeconds }),
  };
}
