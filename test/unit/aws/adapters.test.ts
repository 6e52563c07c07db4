import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity } from '../../../src/aws/identity.ts';
import { createJobLogs } from '../../../src/aws/job-logs.ts';
import { createJobUtilisation } from '../../../src/aws/job-utilisation.ts';
import { createObjectStore } from '../../../src/aws/object-store.ts';
import { createPrices } from '../../../src/aws/prices.ts';
import { createTrainingJobs } from '../../../src/aws/training-jobs.ts';
import { createWebIdentity } from '../../../src/aws/web-identity.ts';
import type { Clock } from '../../../src/time/clock.ts';
import type { TrainingJobRequest } from '../../../src/training/ports.ts';
import { type Answer, createTestClock, openClients as open, refuse, useScriptedAws } from '../../support/scripted-aws.ts';

const aws = useScriptedAws();
const { operations } = aws;

const request: TrainingJobRequest = {
  name: 'dogs-a1',
  image: 'image',
  entrypoint: ['python3'],
  arguments: [],
  roleArn: 'arn:aws:iam::1:role/t',
  channels: [],
  outputS3Uri: 's3://b/o/',
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  volumeGb: 30,
  maxRuntimeSeconds: 60,
  hyperparameters: {},
  environment: {},
  metrics: [],
  network: { subnets: [], securityGroups: [], isolation: false },
  tags: {},
  overrides: {},
};
const described = {
  TrainingJobName: 'dogs-a1',
  TrainingJobArn: 'arn:1',
  TrainingJobStatus: 'InProgress',
  SecondaryStatus: 'Starting',
  CreationTime: 1,
};

describe('training jobs', () => {
  test('a job whose answer was lost exists', async () => {
    aws.answer = (_request, nth) => (nth === 1 ? 'reset' : refuse('ResourceInUse', 'exists'));
    expect(await createTrainingJobs(open()).start(request)).toEqual({ outcome: 'exists' });
    expect(operations()).toEqual(['CreateTrainingJob', 'CreateTrainingJob']);
  });

  test('a quota that our own lost job has used up is no refusal', async () => {
    aws.answer = ({ operation }, nth) => {
      if (operation === 'DescribeTrainingJob')
        return nth === 1 ? refuse('ValidationException', 'Requested resource not found.') : { body: described };
      return nth === 1 ? 'reset' : refuse('ResourceLimitExceeded', "limit 'x' is 1 Instances");
    };
    expect(await createTrainingJobs(open()).start(request)).toEqual({ outcome: 'exists' });
  });

  test('a refusal of the first attempt asks nothing more', async () => {
    aws.answer = () =>
      refuse(
        'ResourceLimitExceeded',
        "The account-level service limit 'x usage' is 0 Instances, with current utilization of 0 Instances",
      );
    await expect(createTrainingJobs(open()).start(request)).rejects.toMatchObject({
      kind: 'quota',
      message: expect.stringContaining('"x usage"'),
    });
    expect(operations()).toEqual(['CreateTrainingJob']);
  });

  test.each<[string, Answer, string]>([
    ['runs', { body: '' }, 'requested'],
    [
      'is over',
      refuse('ValidationException', 'The request was rejected because the training job is in status Stopped.'),
      'ended',
    ],
    [
      'is being stopped',
      refuse('ValidationException', 'The request was rejected because the training job is in status Stopping.'),
      'requested',
    ],
    ['is not there', refuse('ValidationException', 'Requested resource not found.'), 'missing'],
  ])('stopping a job that %s', async (_what, told, outcome) => {
    aws.answer = () => told;
    expect(await createTrainingJobs(open()).stop('dogs-a1')).toBe(outcome);
  });

  test('another refusal of a stop is an error, never "missing"', async () => {
    aws.answer = () =>
      refuse('AccessDeniedException', 'User: u is not authorized to perform: sagemaker:StopTrainingJob on resource: r', 403);
    await expect(createTrainingJobs(open()).stop('dogs-a1')).rejects.toMatchObject({ kind: 'permission' });
    aws.answer = () => refuse('ValidationException', 'name is too long');
    await expect(createTrainingJobs(open()).stop('dogs-a1')).rejects.toMatchObject({ kind: 'input' });
  });

  test('absent stays absent', async () => {
    aws.answer = () => ({ body: { ...described, FinalMetricDataList: [{ MetricName: 'loss', Value: 0.5 }] } });
    expect(await createTrainingJobs(open()).describe('dogs-a1')).toEqual({
      name: 'dogs-a1',
      arn: 'arn:1',
      status: 'InProgress',
      secondaryStatus: 'Starting',
      created: new Date(1000),
      transitions: [],
      instanceType: 'unknown',
      instanceCount: 1,
      metrics: [{ name: 'loss', value: 0.5 }],
    });
  });

  test('the page of a proxy is no answer of AWS', async () => {
    aws.answer = () => ({ status: 403, headers: { 'content-type': 'text/html' }, body: '<html><h1>Forbidden</h1></html>' });
    await expect(createTrainingJobs(open()).describe('dogs-a1')).rejects.toMatchObject({
      kind: 'aws',
      message: expect.stringContaining('not one of AWS'),
    });
  });
});

const event = (timestamp: number, message: string) => ({ timestamp, message });

describe('logs', () => {
  test('weaves the hosts by time, reads on by token, and gives no line twice', async () => {
    const pages: Record<string, Record<string, Answer>> = {
      'dogs-a1/algo-1-17': {
        '': { body: { events: [event(1, 'a'), event(3, 'c')], nextForwardToken: 'f/1' } },
        'f/1': { body: { events: [], nextForwardToken: 'f/1' } },
      },
      'dogs-a1/algo-2-18': {
        '': { body: { events: [event(2, '::error::b')], nextForwardToken: 'g/1' } },
        'g/1': { body: { events: [event(4, 'd')], nextForwardToken: 'g/2' } },
        'g/2': { body: { events: [], nextForwardToken: 'g/2' } },
      },
    };
    aws.answer = ({ operation, body }) => {
      const { logStreamName, nextToken = '' } = JSON.parse(body);
      if (operation === 'DescribeLogStreams')
        return { body: { logStreams: Object.keys(pages).map((name) => ({ logStreamName: name })) } };
      return pages[logStreamName]![nextToken]!;
    };
    const reader = createJobLogs(open()).open('dogs-a1');
    expect((await reader.next()).map(({ host, text }) => `${host} ${text}`)).toEqual([
      'algo-1 a',
      'algo-2 ::error::b',
      'algo-1 c',
      'algo-2 d',
    ]);
    expect(await reader.next()).toEqual([]);
  });

  test('a group or stream that is not there yet is no failure; a lack of permission is', async () => {
    const reader = createJobLogs(open()).open('dogs-a1');
    aws.answer = () => refuse('ResourceNotFoundException', 'The specified log group does not exist.');
    expect(await reader.next()).toEqual([]);
    aws.answer = () =>
      refuse('AccessDeniedException', 'User: u is not authorized to perform: logs:DescribeLogStreams on resource: r');
    await expect(reader.next()).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('logs:DescribeLogStreams'),
    });
  });

  test('bounds a line and a call', async () => {
    let page = 0;
    aws.answer = ({ operation }) => {
      if (operation === 'DescribeLogStreams') return { body: { logStreams: [{ logStreamName: 'dogs-a1/algo-1-1' }] } };
      page += 1;
      return {
        body: {
          events: Array.from({ length: 1000 }, () => event(page, 'x'.repeat(page === 1 ? 9000 : 1))),
          nextForwardToken: `f/${page}`,
        },
      };
    };
    const lines = await createJobLogs(open()).open('dogs-a1').next();
    expect(lines).toHaveLength(5000);
    expect(lines[0]!.text).toBe(`${'x'.repeat(8192)}… (808 more characters)`);
  });
});

describe('utilisation', () => {
  const start = Date.UTC(2026, 0, 1);
  const job = {
    name: 'dogs-a1',
    hosts: 2,
    vcpus: 4,
    from: new Date(start),
    until: new Date(start + 120_000),
    patienceSeconds: 180,
  };
  const series = (minutes: number) => ({
    MetricDataResults: ['cpu1', 'cpu2', 'memory1', 'memory2'].map((Id) => ({
      Id,
      Timestamps: Array.from({ length: minutes }, (_, index) => start / 1000 + index * 60),
      Values: Array.from({ length: minutes }, () => 100),
    })),
  });

  test('waits until the series is there', async () => {
    aws.answer = (_request, nth) => ({ body: series(Math.min(2, nth - 1)) });
    const read = await createJobUtilisation(open(), { clock: createTestClock(start), periodSeconds: 60 }).read(job);
    expect(read.coverage).toBe('complete');
    expect(read.hosts.map(({ host, cpu }) => [host, cpu])).toEqual(
      ['algo-1', 'algo-2'].map((host) => [
        host,
        [
          { at: 0, percent: 25 },
          { at: 60, percent: 25 },
        ],
      ]),
    );
    expect(aws.requests.length).toBe(3);
    expect(JSON.parse(aws.requests[0]!.body).MetricDataQueries).toHaveLength(4);
  });

  test('gives up after its patience and says so', async () => {
    const clock = createTestClock(start);
    aws.answer = () => ({ body: series(0) });
    const read = await createJobUtilisation(open(), { clock, periodSeconds: 60 }).read(job);
    expect(read).toEqual({ coverage: 'none', hosts: [], why: 'CloudWatch had no data of this job' });
    expect(clock.now().getTime() - start).toBe(180_000);
  });

  test('without permission it says why at once, and does not throw', async () => {
    aws.answer = () => refuse('AccessDeniedException', 'User: u is not authorized to perform: cloudwatch:GetMetricData');
    const read = await createJobUtilisation(open(), { clock: createTestClock(start), periodSeconds: 60 }).read(job);
    expect(read).toMatchObject({ coverage: 'none', why: expect.stringContaining('cloudwatch:GetMetricData') });
  });

  test('without a number of vCPUs nothing is asked', async () => {
    const utilisation = createJobUtilisation(open(), { clock: createTestClock(), periodSeconds: 60 });
    expect(await utilisation.read({ ...job, vcpus: undefined })).toMatchObject({
      coverage: 'none',
      why: expect.stringContaining('vCPUs'),
    });
    expect(aws.requests).toEqual([]);
  });
});

describe('prices', () => {
  const product = JSON.stringify({
    product: { attributes: { instanceName: 'ml.m5.xlarge', regionCode: 'eu-west-1', component: 'Training' } },
    terms: { OnDemand: { a: { priceDimensions: { b: { unit: 'Hrs', pricePerUnit: { USD: '0.2570000000' } } } } } },
  });

  test('asks the endpoint of its part of the world once', async () => {
    aws.answer = () => ({ body: { PriceList: [product] } });
    const prices = createPrices(open({ region: 'eu-west-1' }), { region: 'eu-west-1' });
    const both = await Promise.all([prices.training('ml.m5.xlarge', 'eu-west-1'), prices.training('ml.m5.xlarge', 'eu-west-1')]);
    expect(both[0]).toEqual({ kind: 'known', usdPerHour: 0.257, source: 'pricing-api', quality: 'observed', date: '2026-01-01' });
    expect(both[1]).toEqual(both[0]);
    expect(aws.requests).toHaveLength(1);
    expect(aws.requests[0]!.headers.authorization).toContain('/eu-central-1/pricing/');
  });

  test('falls back to the table, and else says everything it knows', async () => {
    aws.answer = () => refuse('AccessDeniedException', 'User: u is not authorized to perform: pricing:GetProducts');
    const prices = createPrices(open(), { region: 'us-east-1' });
    expect(await prices.training('ml.m5.xlarge', 'us-east-1')).toMatchObject({
      kind: 'known',
      usdPerHour: 0.23,
      source: 'table',
    });
    expect(await prices.training('ml.zz9.large', 'us-east-1')).toEqual({
      kind: 'unknown',
      why: expect.stringMatching(/u may not do pricing:GetProducts on ml\.zz9\.large.*the built-in table has no training price/),
    });
  });
});

const xml = (body: string, status = 200): Answer => ({ status, headers: { 'content-type': 'application/xml' }, body });

describe('objects', () => {
  test('a missing object is undefined, a missing bucket an error, also where the answer has no body', async () => {
    const objects = createObjectStore(open());
    aws.answer = ({ operation }) =>
      operation.startsWith('HEAD') ? { status: 404 } : xml('<ListBucketResult></ListBucketResult>');
    expect(await objects.head('s3://b/k')).toBeUndefined();
    aws.answer = ({ operation }) =>
      operation.startsWith('HEAD') ? { status: 404 } : xml('<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>', 404);
    await expect(objects.head('s3://b/k')).rejects.toMatchObject({
      kind: 'configuration',
      fix: expect.stringContaining('BucketName'),
    });
  });

  test('lists all pages and decodes keys', async () => {
    aws.answer = (_request, nth) =>
      xml(
        `<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a+b%2F${nth === 1 ? '%C3%BC%01' : 'z'}</Key><Size>${nth}</Size><ETag>"e"</ETag></Contents>${
          nth === 1
            ? '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'
            : '<IsTruncated>false</IsTruncated>'
        }</ListBucketResult>`,
      );
    // The second page is another URL, so it is counted anew.
    const base = aws.answer;
    aws.answer = (one) => base(one, one.operation.includes('continuation-token=t') ? 2 : 1);
    expect(await createObjectStore(open()).list('s3://b/a')).toEqual([
      { uri: 's3://b/a b/ü\u0001', bytes: 1, etag: 'e' },
      { uri: 's3://b/a b/z', bytes: 2, etag: 'e' },
    ]);
  });

  test('a text of more than 8 MiB is refused', async () => {
    aws.answer = () => ({ headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(9 * 2 ** 20) });
    await expect(createObjectStore(open()).readText('s3://b/k')).rejects.toMatchObject({
      message: expect.stringContaining('more than 8 MiB'),
    });
  });

  test('a file goes up as it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-aws-'));
    try {
      writeFileSync(join(folder, 'f'), 'content');
      aws.answer = () => ({ headers: { etag: '"e"' }, body: '' });
      await createObjectStore(open()).writeFile('s3://b/k', join(folder, 'f'), 'text/plain');
      expect(aws.requests[0]).toMatchObject({
        operation: expect.stringContaining('PUT /b/k'),
        body: expect.stringContaining('content'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const sts = (action: string, inner: string): Answer => ({
  headers: { 'content-type': 'text/xml' },
  body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${inner}</${action}Result></${action}Response>`,
});

describe('credentials', () => {
  const claims = Buffer.from(JSON.stringify({ sub: 'repo:o/r:pull_request' })).toString('base64url');
  const roleToAssume = 'arn:aws:iam::123456789012:role/ci';
  const identity = sts('GetCallerIdentity', '<Account>123456789012</Account><Arn>arn:x</Arn>');

  const assumed = (nth: number, clock: Clock) =>
    sts(
      'AssumeRoleWithWebIdentity',
      `<Credentials><AccessKeyId>A${nth}</AccessKeyId><SecretAccessKey>S${nth}</SecretAccessKey><SessionToken>T${nth}</SessionToken><Expiration>${new Date(
        clock.now().getTime() + 3_600_000,
      ).toISOString()}</Expiration></Credentials>`,
    );

  test('are minted, masked and shared by all clients', async () => {
    const clock = createTestClock(Date.now());
    const masked: string[] = [];
    aws.answer = ({ operation }, nth) => (operation === 'AssumeRoleWithWebIdentity' ? assumed(nth, clock) : identity);
    const clients = open({
      clock,
      sessionName: 'run 1/é',
      roleToAssume,
      mintWebIdentity: async () => `h.${claims}.s`,
      mask: (secret) => masked.push(secret),
    });
    expect(await createIdentity(clients).whoAmI()).toEqual({ account: '123456789012', arn: 'arn:x' });
    aws.answer = () => ({ body: described });
    await createTrainingJobs(clients).describe('dogs-a1');
    expect(masked).toEqual([`h.${claims}.s`, 'A1', 'S1', 'T1']);
    expect(operations()).toEqual(['AssumeRoleWithWebIdentity', 'GetCallerIdentity', 'DescribeTrainingJob']);
    expect(aws.requests.at(-1)!.headers.authorization).toContain('Credential=A1/');
    expect(aws.requests.at(-1)!.headers['user-agent']).toContain('trainyard/');
    expect(new URLSearchParams(aws.requests[0]!.body).get('RoleSessionName')).toBe('run-1--');
  });

  test('are minted anew before they expire, once for all who wait', async () => {
    const clock = createTestClock();
    aws.answer = (_request, nth) =>
      nth === 2 ? { status: 400, headers: { 'content-type': 'text/xml' }, body: '<ErrorResponse/>' } : assumed(nth, clock);
    const provide = createWebIdentity({
      region: 'us-east-1',
      roleArn: roleToAssume,
      mint: async () => `h.${claims}.s`,
      sessionName: 's',
      clock,
    });
    const first = await Promise.all([provide(), provide()]);
    await clock.sleep(53 * 60_000);
    expect((await provide()).accessKeyId).toBe(first[1].accessKeyId);
    await clock.sleep(2 * 60_000);
    await expect(provide()).rejects.toMatchObject({ kind: 'aws' });
    expect((await provide()).accessKeyId).toBe('A3'); // one failure is not for ever
  });

  test.each([
    ['AccessDenied', 'permission', 'sub repo:o/r:pull_request'],
    ['InvalidIdentityToken', 'configuration', 'does not accept tokens of GitHub'],
  ])('%s says what the token says', async (code, kind, message) => {
    aws.answer = () => ({
      status: 403,
      headers: { 'content-type': 'text/xml' },
      body: `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    });
    const clients = open({ roleToAssume, mintWebIdentity: async () => `h.${claims}.s` });
    await expect(createIdentity(clients).whoAmI()).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
    expect(operations()).toEqual(['AssumeRoleWithWebIdentity']);
  });

  test('a job without id-token cannot assume a role', () => {
    expect(() => open({ roleToAssume })).toThrow('has no OIDC token');
  });
});
