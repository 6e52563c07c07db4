import type * as ec2 from '@aws-sdk/client-ec2';
import type { Instance, StateName } from './instance.ts';

export const stateCodes: Readonly<Record<StateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const viewTags = (tags: ReadonlyMap<string, string>): ec2.Tag[] => [...tags].map(([Key, Value]) => ({ Key, Value }));

/** An instance as DescribeInstances shows it. A terminated one has no network any more. */
export function viewInstance(instance: Instance): ec2.Instance {
  const { plan, state, volume } = instance;
  const { image, metadata, profile } = plan;
  const gone = state.name === 'terminated';
  return {
    AmiLaunchIndex: instance.index,
    Architecture: 'x86_64',
    BlockDeviceMappings: gone ? [] : [{ DeviceName: image.rootDevice, Ebs: volume.viewAttachment() }],
    ...(plan.clientToken !== '' && { ClientToken: plan.clientToken }),
    EbsOptimized: false,
    EnaSupport: true,
    Hypervisor: 'xen',
    ...(profile && { IamInstanceProfile: { Arn: profile.arn, Id: profile.id } }),
    ImageId: image.id,
    InstanceId: instance.id,
    ...(plan.market === 'spot' && { InstanceLifecycle: 'spot' as const }),
    InstanceType: plan.instanceType,
    LaunchTime: state.launched,
    MetadataOptions: {
      State: state.name === 'pending' ? 'pending' : 'applied',
      HttpTokens: metadata.tokenRequired ? 'required' : 'optional',
      HttpEndpoint: metadata.enabled ? 'enabled' : 'disabled',
      HttpPutResponseHopLimit: metadata.hopLimit,
      InstanceMetadataTags: metadata.tags ? 'enabled' : 'disabled',
    },
    Monitoring: { State: plan.detailedMonitoring ? 'enabled' : 'disabled' },
    Placement: { AvailabilityZone: plan.subnet.zone, GroupName: '', Tenancy: 'default' },
    PlatformDetails: 'Linux/UNIX',
    PublicDnsName: '',
    RootDeviceName: image.rootDevice,
    RootDeviceType: 'ebs',
    ...viewNetwork(instance, gone),
    ...(instance.spot && { SpotInstanceRequestId: instance.spot.id }),
    State: { Code: stateCodes[state.name], Name: state.name },
    ...viewReason(instance),
    Tags: viewTags(instance.tags),
    UsageOperation: 'RunInstances',
    VirtualizationType: 'hvm',
  };
}

function viewReason({ state }: Instance): Pick<ec2.Instance, 'StateReason' | 'StateTransitionReason'> {
  if (state.name === 'pending') return { StateReason: { Code: 'pending', Message: 'pending' }, StateTransitionReason: '' };
  const { reason } = state;
  if (!reason) return { StateTransitionReason: '' };
  return { StateReason: { Code: reason.code, Message: reason.message }, StateTransitionReason: reason.transition };
}

function viewNetwork(instance: Instance, gone: boolean): Partial<ec2.Instance> {
  if (gone) return { PrivateDnsName: '', NetworkInterfaces: [], SecurityGroups: [] };
  const { plan, address } = instance;
  const SecurityGroups = plan.groups.map(({ id, name }) => ({ GroupId: id, GroupName: name }));
  return {
    PrivateDnsName: `ip-${address.replaceAll('.', '-')}.ec2.internal`,
    PrivateIpAddress: address,
    SecurityGroups,
    SourceDestCheck: true,
    SubnetId: plan.subnet.id,
    VpcId: plan.vpc,
    NetworkInterfaces: [
      {
        NetworkInterfaceId: instance.networkInterface,
        PrivateIpAddress: address,
        SubnetId: plan.subnet.id,
        VpcId: plan.vpc,
        Groups: SecurityGroups,
        Status: 'in-use',
      },
    ],
  };
}
