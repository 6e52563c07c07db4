import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCloud, startCloud } from '../../../src/cloud/start.ts';

// The contract with AWS's own, unchanged clients, over HTTP: what they send is understood, what they get they take for AWS.
const role = 'arn:aws:iam::000000000000:role/box';

let folder: string;
let running: RunningCloud;
let config: {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
};
let client: EC2Client;

beforeAll(async () => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1';
  folder = mkdtempSync(join(tmpdir(), 'trainyard-ec2-'));
  running = await startCloud({
    folder,
    roles: [{ arn: role, trust: ['ec2.amazonaws.com'] }],
    ec2: { instanceProfiles: [{ name: 'box', role }], noticeSeconds: 0.2, shutdownSeconds: 1 },
  });
  config = {
    endpoint: running.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  };
  client = new EC2Client(config);
});
afterAll(async () => {
  client.destroy();
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const parameter = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

async function request(script: string, more: Partial<RunInstancesCommandInput> = {}): Promise<RunInstancesCommand> {
  const { Parameter } = await new SSMClient(config).send(new GetParameterCommand({ Name: parameter }));
  return new RunInstancesCommand({
    ImageId: Parameter?.Value,
    InstanceType: 't3.small',
    MinCount: 1,
    MaxCount: 1,
    UserData: Buffer.from(script).toString('base64'),
    IamInstanceProfile: { Name: 'box' },
    InstanceInitiatedShutdownBehavior: 'terminate',
    ...more,
  });
}

async function until<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not happen in 20 s.');
}

const find = async (InstanceIds: string[]) =>
  (await client.send(new DescribeInstancesCommand({ InstanceIds }))).Reservations?.[0]?.Instances?.[0];
const untilState = (id: string, state: string) =>
  until(async () => {
    const seen = await find([id]);
    return seen?.State?.Name === state ? seen : undefined;
  });

test('an image by its parameter, a machine on it that acts as its role, its end', async () => {
  const script = `#!/bin/sh
url=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
t=$(curl -s -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' $url/api/token)
curl -s -H "x-aws-ec2-metadata-token: $t" $url/meta-data/iam/security-credentials/box
echo done`;
  const tags = [{ Key: 'trainyard:job', Value: 'a <b> & "c" ü' }];
  const launched = await client.send(
    await request(script, { TagSpecifications: [{ ResourceType: 'instance', Tags: tags }], ClientToken: 'same' }),
  );
  const [instance] = launched.Instances ?? [];
  const id = instance?.InstanceId ?? '';
  expect(instance).toMatchObject({
    State: { Code: 0, Name: 'pending' },
    Tags: tags,
    Placement: { AvailabilityZone: 'us-east-1a' },
  });
  expect(instance?.LaunchTime).toBeInstanceOf(Date);
  const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [instance?.ImageId ?? ''] }));
  expect(Images?.[0]).toMatchObject({ RootDeviceName: '/dev/xvda', BlockDeviceMappings: [{ Ebs: { VolumeSize: 8 } }] });

  const text = await until(async () => {
    const { Output } = await client.send(new GetConsoleOutputCommand({ InstanceId: id }));
    const seen = Buffer.from(Output ?? '', 'base64').toString();
    return seen.includes('done') ? seen : undefined;
  });
  const keyOf = (name: string) => new RegExp(`"${name}": "([^"]+)"`).exec(text)?.[1] ?? '';
  const credentials = {
    accessKeyId: keyOf('AccessKeyId'),
    secretAccessKey: keyOf('SecretAccessKey'),
    sessionToken: keyOf('Token'),
  };
  const { Arn } = await new STSClient({ ...config, credentials }).send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe(`arn:aws:sts::000000000000:assumed-role/box/${id}`);

  const volumes = await client.send(new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }));
  expect(volumes.Volumes).toMatchObject([
    { Size: 8, State: 'in-use', Attachments: [{ InstanceId: id, DeleteOnTermination: true }] },
  ]);
  const { TerminatingInstances } = await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  expect(TerminatingInstances?.[0]?.CurrentState?.Name).toBe('shutting-down');
  expect((await untilState(id, 'terminated')).StateReason?.Code).toBe('Client.UserInitiatedShutdown');
  expect(running.cloud.journal.entries.flatMap(({ illegal = [] }) => illegal)).toEqual([]);
});

const refused = async (more: object) => {
  const error: unknown = await client.send(await request('#!/bin/sh', more)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error;
};

test('refusals are errors of their codes, in the words of EC2', async () => {
  expect(await refused({ ImageId: 'ami-00000000000000000' })).toMatchObject({
    name: 'InvalidAMIID.NotFound',
    message: "The image id '[ami-00000000000000000]' does not exist",
  });
  expect(await refused({ InstanceType: 'm5.huge' })).toMatchObject({
    name: 'InvalidParameterValue',
    message: "Invalid value 'm5.huge' for InstanceType.",
  });
  expect(await refused({ MinCount: undefined })).toMatchObject({ name: 'MissingParameter' });
  expect(await refused({ DryRun: true })).toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
  const none = new SSMClient(config).send(new GetParameterCommand({ Name: '/aws/service/none' }));
  await expect(none).rejects.toThrow(ParameterNotFound);
});

const post = async (path: string, body: object) => {
  const answer = await fetch(`${running.url}/_cloud/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
};

test('the control interface takes capacity away, gives it back and interrupts', async () => {
  expect(await post('capacity', { none: [{ market: 'spot' }] })).toMatchObject({ status: 200 });
  const spot = await request('#!/bin/sh\nsleep 60', { InstanceMarketOptions: { MarketType: 'spot' } });
  await expect(client.send(spot)).rejects.toMatchObject({
    name: 'InsufficientInstanceCapacity',
    $fault: 'server',
  });
  expect((await post('capacity', { none: [{ zone: 'us-east-1a' }] })).status).toBe(400);
  await post('capacity', { none: [] });
  const id = (await client.send(spot)).Instances?.[0]?.InstanceId ?? '';
  await untilState(id, 'running');
  const seen = await fetch(`${running.url}/_cloud/instances`);
  expect(await seen.json()).toContainEqual(expect.objectContaining({ InstanceId: id, InstanceLifecycle: 'spot' }));
  expect(await post('interrupt', { instance: id })).toEqual({ status: 200, body: { instance: id } });
  expect((await post('interrupt', { instance: 'i-00000000000000000' })).status).toBe(404);
  const ended = await untilState(id, 'terminated');
  expect(ended.StateReason?.Message).toBe('Server.SpotInstanceTermination: Spot instance termination');
});

test('the profile and its role, and what a machine costs by the hour', async () => {
  const iam = new IAMClient(config);
  const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: 'box' }));
  expect(InstanceProfile).toMatchObject({ InstanceProfileName: 'box', Roles: [{ Arn: role }] });
  await expect(iam.send(new GetInstanceProfileCommand({ InstanceProfileName: 'no' }))).rejects.toMatchObject({
    message: 'Instance Profile no cannot be found.',
  });
  const filters = { instanceType: 'm5.xlarge', regionCode: 'us-east-1', tenancy: 'Shared', capacitystatus: 'Used' };
  const { PriceList = [] } = await new PricingClient(config).send(
    new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
    }),
  );
  expect(PriceList).toHaveLength(1);
  expect(String(PriceList[0])).toContain('"pricePerUnit":{"USD":"0.1920000000"}');
});
