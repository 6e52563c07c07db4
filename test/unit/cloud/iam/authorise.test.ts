import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreatePolicyCommand,
  GetRoleCommand,
  IAMClient,
  AttachRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePolicyCommand,
  DeleteRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { images } from '../../../../src/cloud/services/ec2/images.ts';
import { type RunningCloud, startCloud } from '../../../../src/cloud/start.ts';

const arnOf = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
const trust = { Statement: { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' } };
const allow = (Action: string | string[], Resource: string | string[], Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const inEc2 = (rest: string) => `arn:aws:ec2:us-east-1:000000000000:${rest}`;
const inSageMaker = (rest: string) => `arn:aws:sagemaker:us-east-1:000000000000:${rest}`;
const tag = { StringEquals: { 'aws:RequestTag/team': 'a' } };

/** What CI may do in this test: read below two prefixes, start and stop its own jobs, run and end tagged machines. */
const ci = document(
  allow('s3:GetObject', ['arn:aws:s3:::ml/data/*', 'arn:aws:s3:::ml/hidden/*']),
  allow('s3:ListBucket', 'arn:aws:s3:::ml', { StringLike: { 's3:prefix': 'data/*' } }),
  allow(['sagemaker:CreateTrainingJob', 'sagemaker:AddTags'], inSageMaker('training-job/digits-*'), tag),
  allow('sagemaker:StopTrainingJob', '*', { StringEquals: { 'aws:ResourceTag/team': 'a' } }),
  allow('iam:PassRole', arnOf('training'), { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } }),
  allow('ec2:RunInstances', [inEc2('instance/*'), inEc2('volume/*'), inEc2('network-interface/*')], tag),
  allow('ec2:RunInstances', ['arn:aws:ec2:us-east-1::image/*', inEc2('subnet/*'), inEc2('security-group/*')]),
  allow('ec2:CreateTags', inEc2('*/*'), { StringEquals: { 'ec2:CreateAction': 'RunInstances' } }),
  allow('ec2:TerminateInstances', inEc2('instance/*'), { StringEquals: { 'aws:ResourceTag/team': 'a' } }),
);

let folder: string;
let running: RunningCloud;
const clients: { destroy(): void }[] = [];
interface Config {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  maxAttempts: number;
  forcePathStyle: boolean;
}
let root: Config;

/** A client of AWS with these settings, closed at the end. */
function open<Client extends { destroy(): void }>(Client: new (config: Config) => Client, config: Config): Client {
  const client = new Client(config);
  clients.push(client);
  return client;
}

async function assume(role: string): Promise<Config> {
  const { Credentials } = await open(STSClient, root).send(
    new AssumeRoleCommand({ RoleArn: arnOf(role), RoleSessionName: 'test' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { ...root, credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } };
}

/** What a call is refused with. */
async function refusal(sent: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined }> {
  try {
    await sent;
  } catch (error) {
    if (!(error instanceof Error) || !hasStatus(error)) throw error;
    return { name: error.name, message: error.message, status: error.$metadata.httpStatusCode };
  }
  throw new Error('The call was allowed.');
}

function hasStatus(error: object): error is { $metadata: { httpStatusCode?: number } } {
  return '$metadata' in error && typeof error.$metadata === 'object';
}

beforeAll(async () => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1';
  folder = mkdtempSync(join(tmpdir(), 'trainyard-iam-'));
  running = await startCloud({
    folder,
    buckets: ['ml'],
    roles: [
      { arn: arnOf('ci'), trust, policies: { ci } },
      { arn: arnOf('free'), trust },
      { arn: arnOf('training'), trust: ['sagemaker.amazonaws.com', 'ec2.amazonaws.com'] },
    ],
    ec2: { instanceProfiles: [{ name: 'box', role: arnOf('training') }], shutdownSeconds: 1 },
  });
  root = {
    endpoint: running.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    forcePathStyle: true,
  };
  const s3 = open(S3Client, root);
  for (const Key of ['data/a', 'hidden/a', 'other/a']) await s3.send(new PutObjectCommand({ Bucket: 'ml', Key, Body: 'x' }));
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const who = 'User: arn:aws:sts::000000000000:assumed-role/ci/test is not authorized to perform: ';
const because = (action: string) => ` because no identity-based policy allows the ${action} action`;

test('S3: what is allowed, what is not, and what of a missing object is told', async () => {
  const s3 = open(S3Client, await assume('ci'));
  const get = (Key: string) => s3.send(new GetObjectCommand({ Bucket: 'ml', Key }));
  expect(await (await get('data/a')).Body?.transformToString()).toBe('x');
  expect(await refusal(get('other/a'))).toEqual({
    name: 'AccessDenied',
    message: `${who}s3:GetObject on resource: "arn:aws:s3:::ml/other/a"${because('s3:GetObject')}`,
    status: 403,
  });
  // Missing: told below the prefix that may be listed, and not elsewhere.
  expect(await refusal(get('data/b'))).toMatchObject({ name: 'NoSuchKey', status: 404 });
  expect(await refusal(get('hidden/b'))).toEqual({
    name: 'AccessDenied',
    message: `${who}s3:ListBucket on resource: "arn:aws:s3:::ml"${because('s3:ListBucket')}`,
    status: 403,
  });
  expect(await refusal(s3.send(new HeadObjectCommand({ Bucket: 'ml', Key: 'hidden/b' })))).toMatchObject({ status: 403 });
  expect((await s3.send(new ListObjectsV2Command({ Bucket: 'ml', Prefix: 'data/' }))).KeyCount).toBe(1);
  expect(await refusal(s3.send(new ListObjectsV2Command({ Bucket: 'ml' })))).toMatchObject({ name: 'AccessDenied' });
  expect(await refusal(s3.send(new PutObjectCommand({ Bucket: 'ml', Key: 'data/b', Body: 'x' })))).toMatchObject({ status: 403 });
  expect(running.cloud.buckets.fileOf('ml', 'data/b')).toBeUndefined();
});

const training = (TrainingJobName: string, more: object = {}) =>
  new CreateTrainingJobCommand({
    TrainingJobName,
    RoleArn: arnOf('training'),
    AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://ml/data/' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    Tags: [{ Key: 'team', Value: 'a' }],
    ...more,
  });

test('SageMaker: name, tags and the role that is passed', async () => {
  const sagemaker = open(SageMakerClient, await assume('ci'));
  await sagemaker.send(training('digits-1'));
  expect(await refusal(sagemaker.send(training('other-1')))).toEqual({
    name: 'AccessDeniedException',
    message: `${who}sagemaker:CreateTrainingJob on resource: ${inSageMaker('training-job/other-1')}${because('sagemaker:CreateTrainingJob')}`,
    status: 400,
  });
  expect(await refusal(sagemaker.send(training('digits-2', { Tags: [] })))).toMatchObject({ name: 'AccessDeniedException' });
  expect((await refusal(sagemaker.send(training('digits-2', { RoleArn: arnOf('ci') })))).message).toBe(
    `${who}iam:PassRole on resource: ${arnOf('ci')}${because('iam:PassRole')}`,
  );
  const describe = new DescribeTrainingJobCommand({ TrainingJobName: 'digits-1' });
  expect((await refusal(sagemaker.send(describe))).message).toContain('sagemaker:DescribeTrainingJob');
  // A job of somebody else may not be stopped, whatever its name.
  await open(SageMakerClient, root).send(training('digits-3', { Tags: [{ Key: 'team', Value: 'b' }] }));
  const stop = (TrainingJobName: string) => sagemaker.send(new StopTrainingJobCommand({ TrainingJobName }));
  expect((await refusal(stop('digits-3'))).message).toContain('sagemaker:StopTrainingJob');
  expect(await refusal(stop('digits-9'))).toMatchObject({ name: 'AccessDeniedException' });
  await stop('digits-1');
});

test('EC2: everything that a launch makes and uses, in its own words', async () => {
  const ec2 = open(EC2Client, await assume('ci'));
  const kinds = ['instance', 'volume', 'network-interface'] as const;
  const run = (tagged: readonly (typeof kinds)[number][], more: object = {}) =>
    ec2.send(
      new RunInstancesCommand({
        ImageId: images[0]?.id,
        InstanceType: 't3.small',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: tagged.map((ResourceType) => ({ ResourceType, Tags: [{ Key: 'team', Value: 'a' }] })),
        ...more,
      }),
    );
  const { message, ...untagged } = await refusal(run(['instance', 'volume']));
  expect(untagged).toEqual({ name: 'UnauthorizedOperation', status: 403 });
  expect(message).toBe(
    `You are not authorized to perform this operation. ${who}ec2:RunInstances on resource: ${inEc2('network-interface/*')}${because('ec2:RunInstances')}`,
  );
  expect((await refusal(run(kinds, { IamInstanceProfile: { Name: 'box' } }))).message).toContain('iam:PassRole');
  expect((await refusal(ec2.send(new DescribeInstancesCommand({})))).message).toContain(
    `ec2:DescribeInstances${because('ec2:DescribeInstances')}`,
  );
  const other = await open(EC2Client, root).send(
    new RunInstancesCommand({ ImageId: images[0]?.id, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 }),
  );
  const end = (id = '') => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  expect(await refusal(end(other.Instances?.[0]?.InstanceId))).toMatchObject({ name: 'UnauthorizedOperation' });
  await end((await run(kinds)).Instances?.[0]?.InstanceId);
});

test.each<[service: string, ask: (config: Config) => Promise<unknown>, expected: object]>([
  [
    'Lambda',
    (config) => open(LambdaClient, config).send(new GetFunctionCommand({ FunctionName: 'f', Qualifier: 'live' })),
    {
      name: 'AccessDeniedException',
      message: `${who}lambda:GetFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:f:live${because('lambda:GetFunction')}`,
      status: 403,
    },
  ],
  [
    'CloudWatch',
    (config) =>
      open(CloudWatchClient, config).send(
        new GetMetricDataCommand({ MetricDataQueries: [], StartTime: new Date(0), EndTime: new Date(60_000) }),
      ),
    { message: `${who}cloudwatch:GetMetricData${because('cloudwatch:GetMetricData')}`, status: 403 },
  ],
  [
    'IAM',
    (config) => open(IAMClient, config).send(new GetRoleCommand({ RoleName: 'ci' })),
    { name: 'AccessDenied', message: `${who}iam:GetRole on resource: ${arnOf('ci')}${because('iam:GetRole')}`, status: 403 },
  ],
])('%s refuses in its own form', async (_service, ask, expected) => {
  expect(await refusal(ask(await assume('ci')))).toMatchObject(expected);
});

test('who may not do anything may ask who it is', async () => {
  const { Arn } = await open(STSClient, await assume('ci')).send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe('arn:aws:sts::000000000000:assumed-role/ci/test');
});

test('a role without any policy may do everything; one that gets a policy only what it allows; a Deny says so', async () => {
  const iam = open(IAMClient, root);
  const s3 = open(S3Client, await assume('free'));
  const get = () => s3.send(new GetObjectCommand({ Bucket: 'ml', Key: 'data/a' }));
  await get();
  const listOnly = JSON.stringify(document(allow('s3:ListBucket', '*')));
  await iam.send(new PutRolePolicyCommand({ RoleName: 'free', PolicyName: 'list', PolicyDocument: listOnly }));
  expect(await refusal(get())).toMatchObject({ name: 'AccessDenied' });

  const PolicyDocument = JSON.stringify(document(allow('s3:Get*', '*')));
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'get', PolicyDocument }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'free', PolicyArn: Policy?.Arn }));
  await get();

  const deny = JSON.stringify(document({ Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::ml/data/*' }));
  await iam.send(new PutRolePolicyCommand({ RoleName: 'free', PolicyName: 'deny', PolicyDocument: deny }));
  expect((await refusal(get())).message).toMatch(/ with an explicit deny in an identity-based policy$/);
  // What a policy of AWS allows is not known here, so the role is not evaluated.
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess';
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'free', PolicyArn }));
  await get();
  await iam.send(new DetachRolePolicyCommand({ RoleName: 'free', PolicyArn }));
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'free', PolicyName: 'deny' }));
  await get();
  const missing = new AttachRolePolicyCommand({ RoleName: 'free', PolicyArn: 'arn:aws:iam::000000000000:policy/none' });
  expect(await refusal(iam.send(missing))).toMatchObject({ name: 'NoSuchEntityException' });
});
