import type * as ec2 from '@aws-sdk/client-ec2';
import { findShape } from '../../../prices/shape.ts';
import { checkVolume } from './check-volume.ts';
import { images } from './images.ts';
import type { InstancePlan } from './instance.ts';
import { isType } from './instance-types.ts';
import type { InstanceProfile } from './instance-profiles.ts';
import type { SecurityGroup, Subnet } from './network.ts';
import { checkId, refuse } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import { decodeUserData } from './user-data.ts';
import type { VolumePlan } from './volumes.ts';

export interface RunPlan {
  readonly instance: InstancePlan;
  readonly volume: VolumePlan;
  readonly count: { readonly least: number; readonly most: number };
  /** USD an hour a spot request offers; undefined: as much as on demand. */
  readonly maxPrice: number | undefined;
}

/** What a launch asks for, with every default filled in. @throws the first thing that EC2 would refuse, in its words */
export function checkRun(input: ec2.RunInstancesRequest, room: Ec2Room): RunPlan {
  refuseUnsupported(input);
  if (!/^[\x21-\x7e]{0,64}$/.test(input.ClientToken ?? ''))
    throw refuse('InvalidParameterValue', 'Invalid value for ClientToken. It must have at most 64 ASCII characters');
  const image = findImage(input.ImageId);
  const instanceType = input.InstanceType ?? 'm1.small';
  const shape = findShape(instanceType);
  if (!shape || !isType(instanceType)) throw refuse('InvalidParameterValue', `Invalid value '${instanceType}' for InstanceType.`);
  const count = readCount(input);
  const subnet = findSubnet(input, room);
  const spot = input.InstanceMarketOptions?.MarketType === 'spot';
  const userData = input.UserData === undefined || input.UserData === '' ? undefined : decodeUserData(input.UserData);
  const metadata = input.MetadataOptions ?? {};
  const instance: InstancePlan = {
    image,
    instanceType,
    vcpus: shape.vcpus,
    subnet,
    vpc: room.network.vpc,
    groups: findGroups(input, room),
    profile: findProfile(input.IamInstanceProfile, room.profiles),
    userData,
    market: spot ? 'spot' : 'on-demand',
    // A one-time spot instance cannot be stopped: it ends.
    onShutdown: spot || input.InstanceInitiatedShutdownBehavior === 'terminate' ? 'terminate' : 'stop',
    detailedMonitoring: input.Monitoring?.Enabled ?? false,
    metadata: {
      enabled: metadata.HttpEndpoint !== 'disabled',
      // Amazon Linux 2023 and the Deep Learning images of these years ask for tokens unless told otherwise.
      tokenRequired: metadata.HttpTokens !== 'optional',
      tags: metadata.InstanceMetadataTags === 'enabled',
      hopLimit: metadata.HttpPutResponseHopLimit ?? 2,
    },
    clientToken: input.ClientToken ?? '',
  };
  const maxPrice = input.InstanceMarketOptions?.SpotOptions?.MaxPrice;
  return {
    instance,
    volume: checkVolume(input, image, subnet.zone),
    count,
    maxPrice: maxPrice === undefined ? undefined : Number(maxPrice),
  };
}

/** What would change what runs and is not done here: executing it anyway would be a lie. */
function refuseUnsupported(input: ec2.RunInstancesRequest): void {
  const { SpotOptions: spot } = input.InstanceMarketOptions ?? {};
  const found = [
    input.LaunchTemplate && 'LaunchTemplate',
    input.NetworkInterfaces?.length && 'NetworkInterfaces (name SubnetId and SecurityGroupIds)',
    input.KeyName && 'KeyName',
    spot?.SpotInstanceType === 'persistent' && 'a persistent spot request',
    spot?.InstanceInterruptionBehavior !== undefined &&
      spot.InstanceInterruptionBehavior !== 'terminate' &&
      `the interruption behaviour ${spot.InstanceInterruptionBehavior}`,
  ].filter((one): one is string => typeof one === 'string' && one !== '');
  if (found.length > 0) throw refuse('UnsupportedOperation', `The local cloud does not run instances with ${found.join(', ')}.`);
}

function findImage(id: string | undefined) {
  if (id === undefined) throw refuse('MissingParameter', 'The request must contain the parameter ImageId');
  checkId(id, 'ami', 'InvalidAMIID');
  const image = images.find((one) => one.id === id);
  if (!image) throw refuse('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return image;
}

function readCount({ MinCount: least = 1, MaxCount: most = 1 }: ec2.RunInstancesRequest): RunPlan['count'] {
  if (least < 1)
    throw refuse('InvalidParameterValue', `Value (${least}) for parameter minCount is invalid. It must be at least 1`);
  if (most < least)
    throw refuse('InvalidParameterValue', `Value (${most}) for parameter maxCount is invalid. It must be at least minCount`);
  return { least, most };
}

/** Where none is named: the default subnet of the zone asked for, or of the first. */
function findSubnet({ SubnetId: id, Placement: placement }: ec2.RunInstancesRequest, { network }: Ec2Room): Subnet {
  const zone = placement?.AvailabilityZone;
  if (zone !== undefined && !network.zones.includes(zone))
    throw refuse('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
  const found = network.subnets.find((subnet) =>
    id === undefined ? subnet.isDefault && (zone === undefined || subnet.zone === zone) : subnet.id === id,
  );
  if (!found) throw refuse('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
  if (zone !== undefined && found.zone !== zone)
    throw refuse(
      'InvalidParameterValue',
      `The availability zone ${zone} is not the one of the subnet ${found.id}, ${found.zone}`,
    );
  return found;
}

function findGroups({ SecurityGroupIds: ids = [] }: ec2.RunInstancesRequest, { network }: Ec2Room): SecurityGroup[] {
  if (ids.length === 0) return network.groups.slice(0, 1);
  return ids.map((id) => {
    const group = network.groups.find((one) => one.id === id);
    if (!group) throw refuse('InvalidGroup.NotFound', `The security group '${id}' does not exist in VPC '${network.vpc}'`);
    return group;
  });
}

function findProfile(
  asked: ec2.IamInstanceProfileSpecification | undefined,
  profiles: readonly InstanceProfile[],
): InstanceProfile | undefined {
  if (asked?.Name === undefined && asked?.Arn === undefined) return undefined;
  const found = profiles.find(({ name, arn }) => name === asked.Name || arn === asked.Arn);
  if (found) return found;
  const [value, member, what] = asked.Name === undefined ? [asked.Arn, 'arn', 'ARN'] : [asked.Name, 'name', 'name'];
  throw refuse(
    'InvalidParameterValue',
    `Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${what}`,
  );
}
