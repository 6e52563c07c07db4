import type { Image, Instance, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { Machine, MachineImage, MachineRequest } from '../training/ec2/ports.ts';

const taggedResources = ['instance', 'volume', 'network-interface'] as const;

/**
 * One machine that ends itself: what shuts it down terminates it, its volume goes with it, its metadata want a token, and it has no key.
 */
export function toRunRequest(request: MachineRequest): RunInstancesRequest {
  const { spot, kmsKey, subnet, securityGroups } = request;
  const Tags = Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value }));
  const tagged = [...taggedResources, ...(spot ? (['spot-instances-request'] as const) : [])];
  return {
    ClientToken: request.clientToken,
    ImageId: request.imageId,
    InstanceType: toInstanceType(request.instanceType),
    MinCount: 1,
    MaxCount: 1,
    ...(subnet === undefined ? {} : { SubnetId: subnet }),
    ...(securityGroups.length > 0 ? { SecurityGroupIds: [...securityGroups] } : {}),
    IamInstanceProfile: { Name: request.instanceProfile },
    UserData: Buffer.from(request.userData, 'utf8').toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      {
        DeviceName: request.rootDevice,
        Ebs: {
          VolumeSize: request.volumeGb,
          VolumeType: 'gp3',
          DeleteOnTermination: true,
          ...(kmsKey === undefined ? {} : { Encrypted: true, KmsKeyId: kmsKey }),
        },
      },
    ],
    ...(spot
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
          },
        }
      : {}),
    TagSpecifications: tagged.map((ResourceType) => ({ ResourceType, Tags })),
  };
}

/** The SDK lists the types of its day; AWS has new ones before it does, and refuses those it does not have. */
function toInstanceType(type: string): NonNullable<RunInstancesRequest['InstanceType']> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return type as NonNullable<RunInstancesRequest['InstanceType']>;
}

/** Undefined for an answer without what every machine has. */
export function readMachine(instance: Instance): Machine | undefined {
  const { InstanceId: id, State, InstanceType: instanceType, ImageId: imageId, LaunchTime: launched } = instance;
  const state = State?.Name;
  if (id === undefined || state === undefined || instanceType === undefined || launched === undefined) return undefined;
  const over = state === 'shutting-down' || state === 'terminated';
  const reason = over ? (instance.StateReason?.Message ?? instance.StateTransitionReason) : undefined;
  const ended = over ? findEnd(instance.StateTransitionReason) : undefined;
  const zone = instance.Placement?.AvailabilityZone;
  return {
    id,
    state,
    instanceType,
    imageId: imageId ?? '',
    ...(zone === undefined ? {} : { zone }),
    spot: instance.InstanceLifecycle === 'spot',
    launched,
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(ended && { ended }),
    tags: Object.fromEntries((instance.Tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']]))),
  };
}

/** From `User initiated (2026-11-22 08:20:00 GMT)`. */
function findEnd(reason: string | undefined): Date | undefined {
  const [, day, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/.exec(reason ?? '') ?? [];
  return day === undefined ? undefined : new Date(`${day}T${time}Z`);
}

/** Undefined for an image without a root device. */
export function readImage(image: Image, parameter: string): MachineImage | undefined {
  const { ImageId: id, RootDeviceName: rootDevice } = image;
  if (id === undefined || rootDevice === undefined) return undefined;
  const root = (image.BlockDeviceMappings ?? []).find(({ DeviceName }) => DeviceName === rootDevice);
  return {
    id,
    parameter,
    name: image.Name ?? id,
    rootDevice,
    minVolumeGb: root?.Ebs?.VolumeSize ?? 1,
    architecture: image.Architecture ?? 'x86_64',
  };
}
