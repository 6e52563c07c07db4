import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type * as ec2 from '@aws-sdk/client-ec2';
import { AwsError } from '../../../src/cloud/contract.ts';
import { applyFilters } from '../../../src/cloud/services/ec2/filters.ts';
import { images } from '../../../src/cloud/services/ec2/images.ts';
import { createParameterHandlers } from '../../../src/cloud/services/ssm/parameters.ts';
import { imageId, profile, requestOf, startEc2 } from './local-ec2.ts';

type Cloud = Awaited<ReturnType<typeof startEc2>>;

// No cores: nothing of what is asked for here gets as far as running.
const options = {
  cores: 0,
  subnets: [{ id: 'subnet-0123456789abcdef0', zone: 'b' }],
  securityGroups: ['sg-0123456789abcdef0'],
  vcpuQuotas: { g: 0, 'spot-standard': 3, standard: 40 },
  noCapacity: [
    { instanceType: 'm5.large', zone: 'a' },
    { zone: 'c', market: 'spot' as const },
  ],
};
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startEc2(options);
});
afterAll(() => cloud.close());

function refusalOf(act: () => unknown): { code: string; message: string; status: number | undefined } {
  try {
    act();
  } catch (error) {
    if (error instanceof AwsError) return { code: error.code, message: error.message, status: error.status };
    throw error;
  }
  throw new Error('It was not refused.');
}
const run = (more: Partial<ec2.RunInstancesRequest>, script?: string) => cloud.handlers.RunInstances(requestOf(script, more));
const spot = (MaxPrice?: string): Partial<ec2.RunInstancesRequest> => ({
  InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice } },
});

describe('RunInstances refuses', () => {
  test.each<[string, Partial<ec2.RunInstancesRequest>, string, string | RegExp]>([
    ['no image', { ImageId: undefined }, 'MissingParameter', 'The request must contain the parameter ImageId'],
    ['a malformed image', { ImageId: 'ami-x' }, 'InvalidAMIID.Malformed', 'Invalid id: "ami-x" (expecting "ami-...")'],
    [
      'an image that is not there',
      { ImageId: 'ami-00000000000000000' },
      'InvalidAMIID.NotFound',
      "The image id '[ami-00000000000000000]' does not exist",
    ],
    [
      'a type without a table of its parts',
      { InstanceType: 'm1.small' },
      'InvalidParameterValue',
      "Invalid value 'm1.small' for InstanceType.",
    ],
    [
      'a subnet that is not there',
      { SubnetId: 'subnet-1' },
      'InvalidSubnetID.NotFound',
      "The subnet ID 'subnet-1' does not exist",
    ],
    [
      'a group that is not there',
      { SecurityGroupIds: ['sg-1'] },
      'InvalidGroup.NotFound',
      /^The security group 'sg-1' does not exist/,
    ],
    [
      'a profile that is not there',
      { IamInstanceProfile: { Name: 'no' } },
      'InvalidParameterValue',
      'Value (no) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
    ],
    [
      'a volume smaller than the image',
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 7 } }] },
      'InvalidBlockDeviceMapping',
      /^Volume of size 7GB is smaller than snapshot 'snap-[0-9a-f]{17}', expect size>= 8GB$/,
    ],
    ['user data that is no base64', { UserData: '!' }, 'InvalidParameterValue', 'Invalid BASE64 encoding of user data.'],
    [
      'user data of 16,385 bytes',
      { UserData: Buffer.alloc(16_385).toString('base64') },
      'InvalidParameterValue',
      'User data is limited to 16384 bytes',
    ],
    [
      'tags of what it does not make',
      { TagSpecifications: [{ ResourceType: 'vpc' }] },
      'InvalidParameterValue',
      /^'vpc' is not a valid/,
    ],
    ['a key pair', { KeyName: 'mine' }, 'UnsupportedOperation', /KeyName/],
    ['a long token', { ClientToken: 'x'.repeat(65) }, 'InvalidParameterValue', /ClientToken/],
    ['more vCPUs than the quota', { InstanceType: 'g4dn.xlarge' }, 'VcpuLimitExceeded', /your current vCPU limit of 0 allows/],
    ['more spot vCPUs than the quota', spot(), 'MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded'],
    [
      'too low a price',
      { ...spot('0.001'), InstanceType: 'm5.large', SubnetId: 'subnet-0123456789abcdef0' },
      'SpotMaxPriceTooLow',
      /^Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price of 0.0474\.$/,
    ],
  ])('%s', (_what, more, code, message) => {
    const refusal = refusalOf(() => run(more));
    expect(refusal).toMatchObject({ code, status: 400 });
    expect(refusal.message).toMatch(typeof message === 'string' ? new RegExp(`^${escape(message)}$`) : message);
  });

  test('what the zone has no capacity of, as an error of its own, with the zones that have', () => {
    const refusal = refusalOf(() => run({ InstanceType: 'm5.large' }));
    expect(refusal).toMatchObject({ code: 'InsufficientInstanceCapacity', status: 500 });
    expect(refusal.message).toContain('sufficient m5.large capacity in the Availability Zone you requested (us-east-1a)');
    expect(refusal.message).toContain('choosing us-east-1b, us-east-1c.');
    const market = { ...spot(), InstanceType: 't3.large' as const, Placement: { AvailabilityZone: 'us-east-1c' } };
    expect(refusalOf(() => run(market)).message).toBe('There is no Spot capacity available that matches your request.');
  });

  test('a dry run that would have been good, and says what would not', () => {
    expect(refusalOf(() => run({ DryRun: true }))).toEqual({
      code: 'DryRunOperation',
      message: 'Request would have succeeded, but DryRun flag is set.',
      status: 412,
    });
    expect(refusalOf(() => run({ DryRun: true, SubnetId: 'subnet-1' })).code).toBe('InvalidSubnetID.NotFound');
  });
});

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

test('the same token is the same machine, also after its end; with other parameters it is refused', () => {
  const first = run({ ClientToken: 'one' });
  expect(run({ ClientToken: 'one' })).toEqual(first);
  expect(refusalOf(() => run({ ClientToken: 'one', InstanceType: 't3.large' })).code).toBe('IdempotentParameterMismatch');
  cloud.handlers.TerminateInstances({ InstanceIds: [first.Instances?.[0]?.InstanceId ?? ''] });
  const again = run({ ClientToken: 'one' });
  expect(again.Instances?.[0]?.InstanceId).toBe(first.Instances?.[0]?.InstanceId);
  expect(run({ ClientToken: 'two' }).Instances?.[0]?.InstanceId).not.toBe(first.Instances?.[0]?.InstanceId);
});

test('a launch tags everything it makes; it is found by tags, and tags can change', async () => {
  const kinds = ['instance', 'volume', 'network-interface'] as const;
  const Tags = [{ Key: 'trainyard:job', Value: 'a "job" $(x)\n*' }];
  const id = run({
    TagSpecifications: kinds.map((ResourceType) => ({ ResourceType, Tags })),
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, VolumeType: 'gp2', KmsKeyId: 'k' } }],
    IamInstanceProfile: { Name: profile },
    SubnetId: 'subnet-0123456789abcdef0',
    SecurityGroupIds: ['sg-0123456789abcdef0'],
  }).Instances?.[0]?.InstanceId;
  const byTag = [{ Name: 'tag:trainyard:job', Values: [String.raw`a "job" $(x)?\*`] }];
  const { Reservations } = cloud.handlers.DescribeInstances({ Filters: byTag });
  expect(Reservations?.flatMap(({ Instances = [] }) => Instances)).toMatchObject([
    {
      InstanceId: id,
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/box' },
      Placement: { AvailabilityZone: 'us-east-1b' },
      SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0' }],
      Tags,
    },
  ]);
  const volumes = cloud.handlers.DescribeVolumes({ Filters: byTag }).Volumes;
  expect(volumes).toMatchObject([
    { Size: 20, VolumeType: 'gp2', Encrypted: true, KmsKeyId: 'k', Attachments: [{ InstanceId: id }] },
  ]);
  const shown = cloud.handlers.DescribeTags({ Filters: [{ Name: 'key', Values: ['trainyard:*'] }] }).Tags;
  expect(shown?.map(({ ResourceType }) => ResourceType)).toEqual([...kinds]);
  cloud.handlers.CreateTags({ Resources: [id ?? ''], Tags: [{ Key: 'trainyard:job', Value: 'b' }] });
  expect(cloud.find(id ?? '')?.Tags).toEqual([{ Key: 'trainyard:job', Value: 'b' }]);
  cloud.handlers.DeleteTags({ Resources: [id ?? ''], Tags: [{ Key: 'trainyard:job', Value: 'not this' }] });
  expect(cloud.find(id ?? '')?.Tags).toHaveLength(1);
  cloud.handlers.TerminateInstances({ InstanceIds: [id ?? ''] });
  await cloud.untilState(id ?? '', 'terminated');
  expect(cloud.handlers.DescribeVolumes({ Filters: byTag }).Volumes).toEqual([]);
});

test('a volume that is not deleted with its machine stays to be seen', async () => {
  const mapping = { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: false } };
  const id = run({ BlockDeviceMappings: [mapping] }).Instances?.[0]?.InstanceId ?? '';
  cloud.handlers.TerminateInstances({ InstanceIds: [id] });
  await cloud.untilState(id, 'terminated');
  expect(cloud.handlers.DescribeVolumes({ Filters: [{ Name: 'status', Values: ['available'] }] }).Volumes).toMatchObject([
    { State: 'available', Size: 8, Attachments: [] },
  ]);
});

test('an instance that is not there is named; a spot instance cannot be stopped', () => {
  const missing = ['i-00000000000000001', 'i-00000000000000002'];
  expect(refusalOf(() => cloud.handlers.TerminateInstances({ InstanceIds: missing }))).toMatchObject({
    code: 'InvalidInstanceID.NotFound',
    message: "The instance IDs 'i-00000000000000001, i-00000000000000002' do not exist",
  });
  expect(refusalOf(() => cloud.handlers.DescribeInstances({ InstanceIds: ['x'] })).code).toBe('InvalidInstanceID.Malformed');
  const [instance] = run({ ...spot(), InstanceType: 't3.small' }).Instances ?? [];
  const id = instance?.InstanceId ?? '';
  expect(refusalOf(() => cloud.handlers.StopInstances({ InstanceIds: [id] })).message).toMatch(
    /^You can't stop the Spot Instance/,
  );
  cloud.handlers.CancelSpotInstanceRequests({ SpotInstanceRequestIds: [instance?.SpotInstanceRequestId ?? ''] });
  expect(cloud.handlers.DescribeSpotInstanceRequests({}).SpotInstanceRequests?.[0]).toMatchObject({
    State: 'cancelled',
    Status: { Code: 'request-canceled-and-instance-running' },
  });
});

test('in lagging weather a new machine is not there yet, and its state is of a little while ago', async () => {
  const lagging = await startEc2({ cores: 0 }, { readLagMs: 150 });
  const id = lagging.run(undefined);
  expect(refusalOf(() => lagging.handlers.DescribeInstances({ InstanceIds: [id] })).code).toBe('InvalidInstanceID.NotFound');
  await lagging.untilState(id, 'pending');
  lagging.handlers.TerminateInstances({ InstanceIds: [id] });
  expect(lagging.find(id)?.State?.Name).toBe('pending');
  await lagging.untilState(id, 'terminated');
  await lagging.close();
});

test('a terminated machine is shown for a while', async () => {
  const short = await startEc2({ cores: 0, visibleSeconds: 0.2 });
  const id = short.run(undefined);
  short.handlers.TerminateInstances({ InstanceIds: [id] });
  await short.untilState(id, 'terminated');
  for (let tries = 0; tries < 100 && short.find(id); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(short.find(id)).toBeUndefined();
  await short.close();
});

test('types, images and prices: what a plan is made of', () => {
  const [type] = cloud.handlers.DescribeInstanceTypes({ InstanceTypes: ['g4dn.12xlarge'] }).InstanceTypes ?? [];
  expect(type).toMatchObject({
    VCpuInfo: { DefaultVCpus: 48, DefaultCores: 24 },
    MemoryInfo: { SizeInMiB: 196_608 },
    GpuInfo: { Gpus: [{ Count: 4, Manufacturer: 'NVIDIA', Name: 'T4' }] },
  });
  expect(refusalOf(() => cloud.handlers.DescribeInstanceTypes({ InstanceTypes: ['m1.small'] })).message).toBe(
    'The following supplied instance types do not exist: [m1.small]',
  );
  const prices = cloud.handlers.DescribeSpotPriceHistory({
    InstanceTypes: ['c5.xlarge'],
    AvailabilityZone: 'us-east-1a',
    StartTime: new Date('2026-11-22T08:00:00Z'),
    ProductDescriptions: ['Linux/UNIX'],
  });
  expect(prices.SpotPriceHistory).toMatchObject([{ SpotPrice: '0.088900', Timestamp: new Date('2026-11-22T07:00:00Z') }]);
  expect(cloud.handlers.DescribeSpotPriceHistory({ ProductDescriptions: ['Windows'] }).SpotPriceHistory).toEqual([]);
  expect(cloud.handlers.DescribeImages({ ImageIds: [imageId] }).Images).toMatchObject([{ RootDeviceName: '/dev/xvda' }]);
  expect(cloud.handlers.DescribeImages({ Owners: ['self'] }).Images).toEqual([]);
  expect(cloud.handlers.DescribeSubnets({ Filters: [{ Name: 'default-for-az', Values: ['true'] }] }).Subnets).toHaveLength(3);
});

test('public parameters lead to the images, but for those that are said to be absent', () => {
  const absent = '/aws/service/deeplearning/ami/x86_64/oss-nvidia-driver-gpu-pytorch-2.12-ubuntu-24.04/latest/ami-id';
  const handlers = createParameterHandlers({ region: 'us-east-1', absent: [absent] });
  const names = images.flatMap(({ parameters }) => parameters);
  const { Parameters = [], InvalidParameters } = handlers.GetParameters({ Names: names });
  expect(InvalidParameters).toEqual([absent]);
  expect(Parameters.map(({ Value }) => images.some(({ id }) => id === Value))).not.toContain(false);
  expect(new Set(images.map(({ id }) => id)).size).toBe(images.length);
  expect(refusalOf(() => handlers.GetParameter({ Name: absent })).code).toBe('ParameterNotFound');
});

const named = (Name: string, ...Values: string[]) => ({ Name, Values });

test('a filter has wildcards that can be escaped, and every filter must pass', () => {
  const items = ['a*b', 'axb', 'a.b'].map((name) => ({ name, tags: new Map([['n', name]]) }));
  const find = (...filters: ec2.Filter[]) => applyFilters(items, filters, { name: ({ name }) => [name] }).map(({ name }) => name);
  expect(find(named('name', 'a*b'))).toEqual(['a*b', 'axb', 'a.b']);
  expect(find(named('name', String.raw`a\*b`))).toEqual(['a*b']);
  expect(find(named('name', 'a.b', 'nothing'))).toEqual(['a.b']);
  expect(find(named('name', 'a?b'), named('tag:n', 'axb'))).toEqual(['axb']);
  expect(find(named('tag-key', 'n'), named('tag:m', '*'))).toEqual([]);
  expect(refusalOf(() => find(named('constructor', 'x'))).message).toBe("The filter 'constructor' is invalid");
});
