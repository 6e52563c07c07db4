import { CloudWatchClient, GetMetricStatisticsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateRoleCommand,
  EntityAlreadyExistsException,
  GetRoleCommand,
  IAMClient,
  NoSuchEntityException,
} from '@aws-sdk/client-iam';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeTrainingJobCommand, ListTrainingJobsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { FaultRule } from '../../../src/cloud/contract.ts';
import { createGate } from '../../../src/cloud/gate.ts';
import { type RunningCloud, startCloud } from '../../../src/cloud/start.ts';

// The contract with AWS's own, unchanged clients: what they send is understood, what they get they take for AWS.
const provider = 'token.actions.githubusercontent.com';
const account = 'arn:aws:iam::000000000000';
const federated = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `${account}:oidc-provider/${provider}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringLike: { [`${provider}:sub`]: ['repo:o/r:*', 'repo:o@1/r@2:*'] } },
    },
  ],
};

const verifyWebIdentity = async (token: string) => {
  const [sub, exp] = token.split(' ');
  if (sub === 'forged') throw new Error('signature does not verify');
  return { iss: `https://${provider}`, aud: 'sts.amazonaws.com', sub, ...(exp ? { exp: Number(exp) } : {}) };
};

let folder: string;
let running: RunningCloud;
const gate = createGate();
const warning = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

beforeAll(async () => {
  process.env[warning] = '1';
  folder = mkdtempSync(join(tmpdir(), 'trainyard-sdk-'));
  const roles = [
    { arn: `${account}:role/training`, trust: ['sagemaker.amazonaws.com'] },
    { arn: `${account}:role/ci`, trust: federated },
    {
      arn: `${account}:role/anybody`,
      trust: { Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' } },
    },
  ];
  running = await startCloud({ folder, buckets: ['bucket'], roles, verifyWebIdentity, gate });
});
beforeEach(() => gate.clearFaults());
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const config = () => ({ region: 'us-east-1', endpoint: running.url, credentials });
const s3 = () => new S3Client(config());
const put = (key: string, body: string, more: object = {}) =>
  s3().send(new PutObjectCommand({ Bucket: 'bucket', Key: key, Body: body, ...more }));
const read = async (key: string, more: object = {}) =>
  (await s3().send(new GetObjectCommand({ Bucket: 'bucket', Key: key, ...more }))).Body?.transformToString();
const fault = (change: Omit<FaultRule, 'id' | 'when'> & Partial<FaultRule>) =>
  gate.addFault({ id: 'fault', when: 'before', ...change });
const blobs = () => readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('partial-upload'));

const sts = (keys: object = credentials) => new STSClient({ ...config(), credentials: { ...credentials, ...keys } });
const federate = (token: string, role = 'ci') =>
  sts().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: `${account}:role/${role}`,
      RoleSessionName: 'run-1',
      WebIdentityToken: token,
    }),
  );
const asKeys = (
  minted: { AccessKeyId?: string | undefined; SecretAccessKey?: string | undefined; SessionToken?: string | undefined } = {},
) => ({
  accessKeyId: minted.AccessKeyId ?? '',
  secretAccessKey: minted.SecretAccessKey ?? '',
  sessionToken: minted.SessionToken ?? '',
});
const jobs = () => new SageMakerClient(config()).send(new ListTrainingJobsCommand({}));
const control = (method: string, path: string, body?: object) =>
  fetch(`${running.url}/_cloud/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
const listPages = (more: object) => s3().send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'p/', MaxKeys: 2, ...more }));

describe('S3', () => {
  test('an object comes back as it was put, with all that was said about it', async () => {
    const said = { ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { run: '7' }, Tagging: 'a=1&b=2' };
    const { ETag } = await put('a b/ü+%/../key', 'hello', said);
    expect(await read('a b/ü+%/../key')).toBe('hello');
    expect(await read('a b/ü+%/../key', { Range: 'bytes=1-3' })).toBe('ell');
    const head = await s3().send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'a b/ü+%/../key', ChecksumMode: 'ENABLED' }));
    const { ContentType, CacheControl, Metadata } = said;
    expect(head).toMatchObject({
      ContentType,
      CacheControl,
      Metadata,
      ContentLength: 5,
      ETag,
      TagCount: 2,
      ChecksumCRC32: 'NhCmhg==',
    });
    const tags = await s3().send(new GetObjectTaggingCommand({ Bucket: 'bucket', Key: 'a b/ü+%/../key' }));
    expect(tags.TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ]);
  });

  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'a stream with a trailing %s',
    async (ChecksumAlgorithm) => {
      const Body = Readable.from([Buffer.from('12345'), Buffer.from('6789')]);
      await s3().send(
        new PutObjectCommand({ Bucket: 'bucket', Key: ChecksumAlgorithm, Body, ContentLength: 9, ChecksumAlgorithm }),
      );
      expect(await read(ChecksumAlgorithm, { ChecksumMode: 'ENABLED' })).toBe('123456789');
    },
  );

  test('a multipart upload by lib-storage, tagged, copied and deleted', async () => {
    const Body = Readable.from(Array.from({ length: 11 }, (_, n) => Buffer.alloc(1_000_000, n)));
    const upload = new Upload({
      client: s3(),
      params: { Bucket: 'bucket', Key: 'many/big', Body },
      tags: [{ Key: 'k', Value: 'v' }],
    });
    expect(await upload.done()).toMatchObject({ Key: 'many/big', ETag: expect.stringMatching(/-3"$/) });
    await s3().send(new CopyObjectCommand({ Bucket: 'bucket', Key: 'many/copy', CopySource: 'bucket/many/big' }));
    const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'many/' }));
    expect(Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['many/big', 11_000_000],
      ['many/copy', 11_000_000],
    ]);
    expect(await read('many/copy', { Range: 'bytes=-1' })).toBe(String.fromCodePoint(10));
    const Objects = [{ Key: 'many/big' }, { Key: 'many/copy' }, { Key: 'many/never-was' }];
    const { Deleted } = await s3().send(new DeleteObjectsCommand({ Bucket: 'bucket', Delete: { Objects } }));
    expect(Deleted).toHaveLength(3);
  });

  test('pages follow each other', async () => {
    for (const key of ['p/1', 'p/2', 'p/3']) await put(key, key);
    const first = await listPages({});
    const second = await listPages({ ContinuationToken: first.NextContinuationToken });
    expect([first, second].map((page) => [page.IsTruncated, page.Contents?.map(({ Key }) => Key)])).toEqual([
      [true, ['p/1', 'p/2']],
      [false, ['p/3']],
    ]);
  });

  test('only the first of two conditional writes wins', async () => {
    const outcomes = await Promise.allSettled([
      put('once', 'one', { IfNoneMatch: '*' }),
      put('once', 'two', { IfNoneMatch: '*' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(put('once', 'three', { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
  });

  test('what is missing is missed in the words of S3', async () => {
    await expect(read('missing')).rejects.toBeInstanceOf(NoSuchKey);
    const missing = { Bucket: 'no-such-bucket' };
    await expect(s3().send(new ListObjectsV2Command(missing))).rejects.toBeInstanceOf(NoSuchBucket);
    await expect(s3().send(new HeadBucketCommand(missing))).rejects.toMatchObject({
      name: 'NotFound',
      $metadata: { httpStatusCode: 404 },
    });
    const large = new PutObjectCommand({ ...missing, Key: 'k', Body: Buffer.alloc(9_000_000) });
    await expect(s3().send(large)).rejects.toMatchObject({
      name: 'NoSuchBucket',
      message: 'The specified bucket does not exist',
    });
    await expect(read('CRC32', { VersionId: 'v1' })).rejects.toMatchObject({ name: 'NoSuchVersion' });
    expect((await s3().send(new GetBucketLocationCommand({ Bucket: 'bucket' }))).LocationConstraint).toBeUndefined();
  });

  test('an upload that breaks off leaves neither object nor file', async () => {
    await new Promise<void>((resolve) => {
      const headers = { 'content-length': '1000000', authorization: 'Credential=any/20261122/us-east-1/s3/aws4_request' };
      const upload = httpRequest(`${running.url}/bucket/partial-upload`, { method: 'PUT', headers });
      upload.on('error', () => undefined);
      upload.on('close', resolve);
      upload.write(Buffer.alloc(70_000), () => setTimeout(() => upload.destroy(), 50));
    });
    await expect(read('partial-upload')).rejects.toBeInstanceOf(NoSuchKey);
    const deadline = Date.now() + 5_000;
    while (blobs().length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(blobs()).toEqual([]);
  });
});

describe('STS and IAM', () => {
  test('keys that were not made here are the account; made ones are the role they were made for', async () => {
    const identity = new GetCallerIdentityCommand({});
    expect(await sts().send(identity)).toMatchObject({ Account: '000000000000', Arn: `${account}:root` });
    const { Credentials } = await sts().send(
      new AssumeRoleCommand({ RoleArn: `${account}:role/anybody`, RoleSessionName: 'me' }),
    );
    const arn = 'arn:aws:sts::000000000000:assumed-role/anybody/me';
    expect(await sts(asKeys(Credentials)).send(identity)).toMatchObject({ Arn: arn });
    await expect(sts({ ...asKeys(Credentials), sessionToken: 'wrong' }).send(identity)).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    expect(running.cloud.journal.entries.some(({ principal }) => principal === arn)).toBe(true);
  });

  test.each(['repo:o/r:pull_request', 'repo:o@1/r@2:pull_request'])('a token of %s is trusted', async (sub) => {
    const session = await federate(sub);
    expect(session).toMatchObject({
      SubjectFromWebIdentityToken: sub,
      AssumedRoleUser: { Arn: 'arn:aws:sts::000000000000:assumed-role/ci/run-1' },
    });
    expect(session.Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test.each([
    ['repo:o/other:pull_request', 'ci', 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity'],
    ['repo:o/r:pull_request', 'training', 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity'],
    ['repo:o/r:pull_request', 'missing', 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity'],
    ['forged', 'ci', 'InvalidIdentityTokenException', 'signature does not verify'],
    ['repo:o/r:pull_request 1000', 'ci', 'ExpiredTokenException', 'Token expired'],
  ])('a token of %s for %s: %s', async (token, role, name, message) => {
    await expect(federate(token, role)).rejects.toMatchObject({ name, message });
  });

  test('a role that does not trust the caller says who was refused what', async () => {
    const assume = new AssumeRoleCommand({ RoleArn: `${account}:role/training`, RoleSessionName: 'me' });
    const message = `User: ${account}:root is not authorized to perform: sts:AssumeRole on resource: ${account}:role/training`;
    await expect(sts().send(assume)).rejects.toMatchObject({ name: 'AccessDenied', message, $metadata: { httpStatusCode: 403 } });
  });

  test('roles, with the exceptions of the client', async () => {
    const iam = new IAMClient(config());
    const create = new CreateRoleCommand({ RoleName: 'new', AssumeRolePolicyDocument: JSON.stringify(federated) });
    expect((await iam.send(create)).Role?.Arn).toBe(`${account}:role/new`);
    await expect(iam.send(create)).rejects.toBeInstanceOf(EntityAlreadyExistsException);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'new' }));
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual(federated);
    await expect(iam.send(new GetRoleCommand({ RoleName: 'missing' }))).rejects.toBeInstanceOf(NoSuchEntityException);
    await expect(iam.send(new GetRoleCommand({ RoleName: 'a/b' }))).rejects.toMatchObject({ name: 'ValidationError' });
    expect(running.cloud.journal.entries.at(-1)?.illegal).toHaveLength(1);
  });
});

describe('the other wires', () => {
  test.each([['JSON'], ['CBOR']])('CloudWatch over %s, compressed when it is long', async (wire) => {
    const cloudwatch = new CloudWatchClient({
      ...config(),
      // The client compresses CBOR, too, and then never ends its request.
      ...(wire === 'CBOR' ? { protocol: AwsSmithyRpcV2CborProtocol, disableRequestCompression: true } : {}),
    });
    const Namespace = `Test/${wire}`;
    const MetricData = Array.from({ length: 300 }, (_, n) => ({
      MetricName: `metric-${n}`,
      Value: n,
      Dimensions: [{ Name: 'Host', Value: 'a'.repeat(40) }],
    }));
    await cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData }));
    const query = {
      Namespace,
      MetricName: 'metric-7',
      Dimensions: MetricData[7]?.Dimensions,
      Period: 60,
      Statistics: ['Average' as const],
    };
    const now = Date.now();
    const window = { StartTime: new Date(now - 120_000), EndTime: new Date(now + 60_000) };
    const { Datapoints } = await cloudwatch.send(new GetMetricStatisticsCommand({ ...query, ...window }));
    expect(Datapoints?.map(({ Average, Timestamp }) => [Average, Timestamp instanceof Date])).toEqual([[7, true]]);
  });

  test('SageMaker says what is missing as AWS does, and what is wrong with a request', async () => {
    const sagemaker = new SageMakerClient(config());
    await expect(sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: 'missing' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Requested resource not found.',
    });
    await expect(sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: 'bad_name' }))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^1 validation error detected: Value 'bad_name' at 'trainingJobName' failed to satisfy constraint/,
      ),
    });
  });

  test('what nobody serves is said, not guessed', async () => {
    await expect(s3().send(new GetObjectAclCommand({ Bucket: 'bucket', Key: 'k' }))).rejects.toMatchObject({
      name: 'NotImplemented',
    });
    const unsigned = await fetch(`${running.url}/bucket/key`);
    expect([unsigned.status, await unsigned.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    const headers = {
      'x-amz-target': 'SageMaker.CreateUniverse',
      authorization: 'Credential=a/20261122/us-east-1/sagemaker/aws4_request',
    };
    const answer = await fetch(running.url, { method: 'POST', headers, body: '{}' });
    expect(await answer.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });

  test('a web page cannot talk to it', async () => {
    expect((await fetch(`${running.url}/_cloud/journal`, { headers: { origin: 'https://example.com' } })).status).toBe(403);
  });
});

describe('faults', () => {
  test('a throttle is tried again', async () => {
    fault({
      service: 'sagemaker',
      operation: 'ListTrainingJobs',
      nth: 1,
      effect: { kind: 'error', code: 'ThrottlingException', message: 'Rate exceeded' },
    });
    expect((await jobs()).$metadata.attempts).toBe(2);
  });

  test('a cut connection after the effect: the effect is there, and the client tries again', async () => {
    fault({ service: 's3', operation: 'PutObject', nth: 1, when: 'after', effect: { kind: 'reset' } });
    expect((await put('reset', 'done')).$metadata.attempts).toBe(2);
    expect(await read('reset')).toBe('done');
    const puts = running.cloud.journal.entries.filter(
      (entry) => JSON.stringify(entry.input).includes('"reset"') && entry.operation === 'PutObject',
    );
    expect(puts.map(({ status, error }) => status ?? error)).toEqual(['connection reset', 200]);
    expect(puts[0]?.input).toMatchObject({ Bucket: 'bucket', Key: 'reset', Body: { bytes: 4 } });
  });

  test('over the control interface: a held call goes on when it is released', async () => {
    const rule = { id: 'hold', service: 'sagemaker', operation: '*', when: 'after', effect: { kind: 'pause' } };
    expect((await control('POST', 'faults', rule)).status).toBe(200);
    const listing = jobs();
    const paused = await control('GET', 'paused?wait=5000');
    expect(await paused.json()).toMatchObject([{ rule: 'hold', when: 'after', entry: { operation: 'ListTrainingJobs' } }]);
    const held = await gate.held();
    expect((await control('POST', 'release', { id: held[0]?.id })).status).toBe(200);
    await listing;
    const since = (held[0]?.entry.number ?? 0) - 1;
    expect(await (await control('GET', `journal?since=${since}`)).json()).toMatchObject([
      { operation: 'ListTrainingJobs', status: 200 },
    ]);
    expect((await control('POST', 'release', { id: 'nobody' })).status).toBe(404);
    expect((await control('POST', 'faults', { id: 'x' })).status).toBe(400);
    expect((await control('DELETE', 'faults')).status).toBe(200);
    expect((await control('POST', 'weather', { name: 'stormy' })).status).toBe(400);
  });

  test('aws-like weather throttles, and the clients get through', async () => {
    await fetch(`${running.url}/_cloud/weather`, { method: 'POST', body: JSON.stringify({ name: 'aws-like' }) });
    const before = running.cloud.journal.entries.length;
    const calls = 120;
    for (let n = 0; n < calls; n += 1) await (n % 2 === 0 ? jobs() : read('reset'));
    await fetch(`${running.url}/_cloud/weather`, { method: 'POST', body: JSON.stringify({ name: 'calm' }) });
    const errors = running.cloud.journal.entries
      .slice(before)
      .flatMap(({ error }) => (error === undefined ? [] : [error.split(':')[0]]));
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors)).toEqual(new Set(['ThrottlingException', 'SlowDown']));
    // 120 calls one after the other, a twentieth of which wait and try again: seconds, on a busy machine some more.
  }, 30_000);
});
