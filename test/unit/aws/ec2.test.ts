import { describe, expect, test } from '@jest/globals';
import { readRefusal } from '../../../src/aws/ec2-errors.ts';
import { readImage, readMachine, toRunRequest } from '../../../src/aws/ec2-request.ts';
import { findEc2Price } from '../../../src/prices/ec2-price.ts';
import { findVolumePrice } from '../../../src/prices/volume-price.ts';
import type { MachineRequest } from '../../../src/training/ec2/ports.ts';

const request: MachineRequest = {
  clientToken: 'token',
  imageId: 'ami-1',
  instanceType: 'g4dn.xlarge',
  securityGroups: [],
  instanceProfile: 'box',
  userData: '#!/bin/sh\nü',
  rootDevice: '/dev/sda1',
  volumeGb: 75,
  spot: false,
  tags: { 'trainyard:job': 'dogs-box-a1' },
};

describe('a machine as EC2 is asked for it', () => {
  test('ends itself, has no key, wants tokens, and its volume goes with it', () => {
    const asked = toRunRequest(request);
    expect(asked).toMatchObject({
      InstanceInitiatedShutdownBehavior: 'terminate',
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 75, VolumeType: 'gp3', DeleteOnTermination: true } }],
      MinCount: 1,
      MaxCount: 1,
    });
    expect(asked).not.toHaveProperty('KeyName');
    expect(asked).not.toHaveProperty('InstanceMarketOptions');
    expect(Buffer.from(asked.UserData ?? '', 'base64').toString()).toBe(request.userData);
    expect(asked.TagSpecifications?.map(({ ResourceType }) => ResourceType)).toEqual(['instance', 'volume', 'network-interface']);
  });

  test('on spot once, with its request tagged', () => {
    const asked = toRunRequest({ ...request, spot: true, kmsKey: 'key', subnet: 'subnet-1', securityGroups: ['sg-1'] });
    expect(asked).toMatchObject({
      SubnetId: 'subnet-1',
      SecurityGroupIds: ['sg-1'],
      InstanceMarketOptions: { SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' } },
      BlockDeviceMappings: [{ Ebs: { Encrypted: true, KmsKeyId: 'key' } }],
    });
    expect(asked.TagSpecifications?.at(-1)?.ResourceType).toBe('spot-instances-request');
  });
});

test('when and why a machine ended is read from EC2’s words', () => {
  const instance = {
    InstanceId: 'i-1',
    InstanceType: 'm5.xlarge',
    LaunchTime: new Date('2026-11-22T08:00:00Z'),
    State: { Name: 'terminated' },
    StateReason: { Message: 'Client.UserInitiatedShutdown: User initiated shutdown' },
    StateTransitionReason: 'User initiated (2026-11-22 08:20:00 GMT)',
  } as const;
  expect(readMachine(instance)).toMatchObject({
    ended: new Date('2026-11-22T08:20:00Z'),
    reason: 'Client.UserInitiatedShutdown: User initiated shutdown',
  });
  expect(readMachine({ ...instance, StateTransitionReason: '' })).not.toHaveProperty('ended');
  expect(readMachine({ ...instance, State: { Name: 'running' } })).not.toHaveProperty('reason');
  expect(readMachine({ InstanceId: 'i-1' })).toBeUndefined();
});

test('the volume holds the image', () => {
  const mappings = [{ DeviceName: '/dev/sdb' }, { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 75 } }];
  expect(readImage({ ImageId: 'ami-1', RootDeviceName: '/dev/sda1', BlockDeviceMappings: mappings }, 'p')).toMatchObject({
    minVolumeGb: 75,
  });
  expect(readImage({ ImageId: 'ami-1' }, 'p')).toBeUndefined();
});

function refusal(code: string, text: string, more: Partial<MachineRequest> = {}) {
  const error = Object.assign(new Error(text), { name: code, $metadata: { httpStatusCode: 400, attempts: 1 } });
  const { unavailable, error: told } = readRefusal(error, { ...request, ...more });
  return { unavailable, kind: told.kind, text: `${told.message} ${told.fix}` };
}

test.each([
  ['InsufficientInstanceCapacity', 'none', true, 'capacity', /re-run later/],
  ['VcpuLimitExceeded', 'limit of 0', true, 'quota', /L-DB2E81BA/],
  ['MaxSpotInstanceCountExceeded', 'count', true, 'quota', /vCPU quota/],
  ['Unsupported', 'is not supported in your requested Availability Zone (us-east-1e)', true, 'capacity', /subnets/],
  ['InvalidAMIID.NotFound', "The image id '[ami-1]' does not exist", false, 'input', /image-parameters/],
  ['InvalidParameterValue', 'Invalid IAM Instance Profile name', false, 'configuration', /roles\.ec2/],
  ['InvalidParameterValue', "Invalid value 'x' for InstanceType.", false, 'input', /instance-type/],
  ['InvalidBlockDeviceMapping', 'Volume of size 5GB is smaller than snapshot', false, 'input', /volume-gb/],
  [
    'UnauthorizedOperation',
    'You are not authorized. Encoded authorization failure message: abcdef',
    false,
    'permission',
    /AllowEc2=yes/,
  ],
  ['UnauthorizedOperation', 'not authorized to perform: iam:PassRole', false, 'permission', /roles\.ec2/],
  ['InvalidSubnetID.NotFound', 'no', false, 'configuration', /network\.subnets/],
] as const)('%s (%s) is told', (code, text, unavailable, kind, told) => {
  expect(refusal(code, text)).toMatchObject({ unavailable, kind, text: expect.stringMatching(told) });
  expect(refusal(code, text).text).not.toContain('abcdef');
});

test('prices that nobody has told are unknown', () => {
  expect(findEc2Price('m5.xlarge', 'us-east-1')).toMatchObject({ kind: 'known', usdPerHour: 0.192, quality: 'observed' });
  expect(findEc2Price('constructor', 'us-east-1').kind).toBe('unknown');
  expect(findEc2Price('m5.xlarge', 'mars-1').kind).toBe('unknown');
  expect(findVolumePrice('us-east-1').kind).toBe('known');
  expect(findVolumePrice('toString').kind).toBe('unknown');
});
