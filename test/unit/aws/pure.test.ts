import { describe, expect, test } from '@jest/globals';
import { CreateTrainingJobRequest$ } from '@aws-sdk/client-sagemaker';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionError } from '../../../src/action-error.ts';
import { checkMembers } from '../../../src/aws/check-members.ts';
import { checkRequest } from '../../../src/aws/check-request.ts';
import { version } from '../../../src/aws/clients.ts';
import { toActionError } from '../../../src/aws/errors.ts';
import { toHostSeries } from '../../../src/aws/host-series.ts';
import { judgeCoverage } from '../../../src/aws/judge-coverage.ts';
import { findNearest } from '../../../src/aws/nearest.ts';
import { readPrices } from '../../../src/aws/price-list.ts';
import { toCreateRequest } from '../../../src/aws/training-request.ts';
import type { TrainingJobRequest } from '../../../src/training/ports.ts';

const request: TrainingJobRequest = {
  name: 'dogs-single-0123456789-a1',
  image: 'image:1',
  entrypoint: ['python3', 'launcher.py'],
  arguments: ['train.py'],
  roleArn: 'arn:aws:iam::1:role/t',
  channels: [{ name: 'code', s3Uri: 's3://b/code/' }],
  outputS3Uri: 's3://b/out/',
  instanceType: 'ml.m5.xlarge',
  instanceCount: 2,
  volumeGb: 30,
  maxRuntimeSeconds: 3600,
  hyperparameters: { epochs: '5' },
  environment: {},
  metrics: [],
  network: { subnets: [], securityGroups: [], isolation: false },
  tags: { 'trainyard:run': '1' },
  overrides: {},
};

test('the user agent has the version of package.json', () => {
  expect(version).toBe(JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')).version);
});

const awsError = (name: string, message: string, status = 400) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, attempts: 1, requestId: 'r-1' } });

describe('toActionError', () => {
  const doing = { action: 'sagemaker:CreateTrainingJob', resource: 'the training job x' };

  test.each<[string, Error, string, string, string]>([
    ['expired', awsError('ExpiredTokenException', 'expired'), 'permission', 'credentials expired', 'role-to-assume'],
    [
      'no credentials',
      Object.assign(new Error('none'), { name: 'CredentialsProviderError' }),
      'configuration',
      'no AWS credentials',
      'id-token: write',
    ],
    [
      'wrong key',
      awsError('InvalidClientTokenId', 'bad'),
      'configuration',
      'does not know these credentials',
      'AWS_ACCESS_KEY_ID',
    ],
    [
      'denied',
      awsError(
        'AccessDeniedException',
        'User: arn:aws:sts::1:assumed-role/ci/s is not authorized to perform: sagemaker:CreateTrainingJob on resource: arn:aws:x because no identity-based policy allows it',
        403,
      ),
      'permission',
      'arn:aws:sts::1:assumed-role/ci/s may not do sagemaker:CreateTrainingJob on the training job x (arn:aws:x).',
      'Allow sagemaker:CreateTrainingJob to the CI role',
    ],
    [
      'web identity refused',
      awsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403),
      'permission',
      "The role that GitHub's OIDC token was to be exchanged for does not let this job assume it",
      'Use the role of this trust zone',
    ],
    [
      'pass role',
      awsError(
        'AccessDeniedException',
        'User: u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/t with an explicit deny in a permissions boundary',
        403,
      ),
      'permission',
      'A policy denies it explicitly.',
      'roles.training',
    ],
    [
      'HEAD refused',
      awsError('Forbidden', 'UnknownError', 403),
      'permission',
      'The role of this step may not do',
      'parameter BucketName',
    ],
    ['no bucket', awsError('NoSuchBucket', 'no', 404), 'configuration', 'there is no such bucket', 'BucketName'],
    ['other region', awsError('PermanentRedirect', 'no', 301), 'configuration', 'in another region', '`region`'],
    [
      'role',
      awsError('ValidationException', 'Could not assume role arn:aws:iam::1:role/t. Please ensure that the role exists'),
      'permission',
      'could not assume arn:aws:iam::1:role/t for',
      'sagemaker.amazonaws.com',
    ],
    [
      'quota',
      awsError(
        'ResourceLimitExceeded',
        "The account-level service limit 'ml.g5.xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 2 Instances. Please",
      ),
      'quota',
      'The quota "ml.g5.xlarge for training job usage" of this AWS account is 0; 0 in use, 2 asked for.',
      'Service Quotas',
    ],
    [
      'not in region',
      awsError('ResourceLimitExceeded', 'ml.p5 is not available in this region'),
      'capacity',
      'not available',
      'another region',
    ],
    ['capacity', awsError('InsufficientCapacityException', 'none left'), 'capacity', 'no such machine free', 're-run later'],
    ['throttled', awsError('ThrottlingException', 'Rate exceeded'), 'aws', 'calls too often', 'Re-run'],
    [
      'HTML',
      awsError('SyntaxError', 'Unexpected token < in JSON', 403),
      'aws',
      'the answer (HTTP 403) is not one of AWS',
      'proxy',
    ],
    [
      'no connection',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      'aws',
      'ECONNREFUSED',
      'AWS_ENDPOINT_URL',
    ],
    [
      'illegal value',
      awsError(
        'ValidationException',
        "1 validation error detected: Value 'ml.x' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum value set: [a, b]",
      ),
      'input',
      'resourceConfig.instanceType is "ml.x"',
      'instance-type',
    ],
    ['anything else', awsError('InternalFailure', 'oops', 500), 'aws', 'InternalFailure: oops (request r-1)', 'CloudTrail'],
  ])('%s', (_name, error, kind, message, fix) => {
    const told = toActionError(error, doing);
    expect(told).toMatchObject({
      kind,
      message: expect.stringContaining(message),
      fix: expect.stringContaining(fix),
      cause: error,
    });
  });

  test('keeps an ActionError, one line, and a bound', () => {
    const own = new ActionError({ kind: 'input', message: 'm', fix: 'f' });
    expect(toActionError(own, doing)).toBe(own);
    const long = toActionError(awsError('Weird', `a\n::error::b\r${'x'.repeat(5000)}`), doing).message;
    expect(long).not.toMatch(/[\r\n]/);
    expect(long.length).toBeLessThan(1200);
  });
});

describe('checkRequest', () => {
  test.each<[string, Partial<TrainingJobRequest>, string[]]>([
    [
      'nothing wrong',
      { overrides: { EnableInterContainerTrafficEncryption: true, RetryStrategy: { MaximumRetryAttempts: 2 } } },
      [],
    ],
    [
      'a name nearly right',
      { overrides: { RetryStrategi: {} } },
      ['request.training-job.RetryStrategi: Write RetryStrategy, or remove it.'],
    ],
    [
      'a wrong type',
      { overrides: { RetryStrategy: { MaximumRetryAttempts: '2' } } },
      ['request.training-job.RetryStrategy.MaximumRetryAttempts: Give a number.'],
    ],
    [
      'a list item',
      { overrides: { ProfilerRuleConfigurations: [{ RuleConfigurationName: 1 }] } },
      ['request.training-job.ProfilerRuleConfigurations[0].RuleConfigurationName: Give a text (put it in quotes).'],
    ],
    ['__proto__', { overrides: JSON.parse('{"__proto__": {"x": 1}}') }, ['request.training-job.__proto__: Remove __proto__.']],
    [
      'money',
      { overrides: { ResourceConfig: { InstanceCount: 9 } } },
      ['request.training-job.ResourceConfig.InstanceCount: Use `instance-count` of the run.'],
    ],
    ['a size', { instanceType: 'ml.m5.3xlarge' }, ['instance-type: Write ml.m5.2xlarge.']],
    ['an EC2 type', { instanceType: 'm5.xlarge' }, ['instance-type: Write ml.m5.xlarge.']],
    ['no type at all', { instanceType: 'big' }, ['instance-type: Name a training type, e.g. ml.m5.xlarge.']],
    ['a family that is new', { instanceType: 'ml.quantum99.xlarge' }, []],
    ['a long value', { hyperparameters: { x: 'y'.repeat(2501) } }, ['hyperparameters.x: Shorten it.']],
    [
      'many metrics',
      { metrics: Array.from({ length: 41 }, (_, i) => ({ name: `m${i}`, regex: 'x' })) },
      ['metrics: Remove some.'],
    ],
  ])('%s', (_name, change, problems) => {
    expect(checkRequest({ ...request, ...change }).map(({ name, fix }) => `${name}: ${fix}`)).toEqual(problems);
  });
});

describe('toCreateRequest', () => {
  test('is legal by the SDK’s own model', () => {
    expect(
      checkMembers(
        CreateTrainingJobRequest$,
        toCreateRequest({ ...request, kmsKey: 'k', maxWaitSeconds: 7200, checkpointS3Uri: 's3://b/c/' }),
        '',
      ),
    ).toEqual([]);
  });

  test('merges overrides member by member', () => {
    const { ResourceConfig, EnableNetworkIsolation } = toCreateRequest({
      ...request,
      overrides: { ResourceConfig: { VolumeKmsKeyId: 'key' }, EnableNetworkIsolation: true },
    });
    expect(ResourceConfig).toEqual({ InstanceType: 'ml.m5.xlarge', InstanceCount: 2, VolumeSizeInGB: 30, VolumeKmsKeyId: 'key' });
    expect(EnableNetworkIsolation).toBe(true);
  });

  test.each([
    ['ml.m5.xlarge', 'key'],
    ['ml.g4dn.xlarge', undefined],
    ['ml.m5d.xlarge', undefined],
    ['ml.g5.2xlarge', undefined],
    ['ml.p4d.24xlarge', undefined],
    ['ml.r5.large', 'key'],
    ['ml.p3.2xlarge', 'key'],
  ])('the volume of %s has the key %s', (instanceType, key) => {
    const { ResourceConfig, OutputDataConfig } = toCreateRequest({ ...request, instanceType, kmsKey: 'key' });
    expect(ResourceConfig?.VolumeKmsKeyId).toBe(key);
    expect(OutputDataConfig?.KmsKeyId).toBe('key');
  });

  test('is spot exactly when there is a time to wait', () => {
    expect(toCreateRequest(request)).toMatchObject({
      EnableManagedSpotTraining: false,
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    });
    expect(toCreateRequest({ ...request, maxWaitSeconds: 7200 })).toMatchObject({
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 },
    });
  });
});

const row = (attributes: object, usd = '0.2300000000', unit = 'Hrs') =>
  JSON.stringify({
    product: { attributes: { instanceName: 'ml.m5.xlarge', regionCode: 'us-east-1', component: 'Training', ...attributes } },
    terms: { OnDemand: { 'S.J': { priceDimensions: { 'S.J.6': { unit, pricePerUnit: { USD: usd } } } } } },
  });

describe('readPrices', () => {
  test.each<[string, string[], number[]]>([
    ['one row', [row({})], [0.23]],
    ['the same twice', [row({}), row({})], [0.23]],
    ['a notebook', [row({ component: 'Studio-JupyterLab' }, '0.1')], []],
    ['a fee of a training plan', [row({ component: undefined }, '13.57', 'Quantity')], []],
    ['a fee with a component', [row({}, '13.57', 'Quantity')], []],
    ['a free tier', [row({}, '0.0000000000')], []],
    ['another type', [row({ instanceName: 'ml.m5.2xlarge' })], []],
    ['another region', [row({ regionCode: 'eu-west-1' })], []],
    ['two prices', [row({}, '0.3'), row({})], [0.23, 0.3]],
    ['no number', [row({}, 'free')], []],
    ['no JSON', ['<html>'], []],
  ])('%s', (_name, documents, prices) => {
    expect(readPrices(documents, { instanceType: 'ml.m5.xlarge', region: 'us-east-1', component: 'Training' })).toEqual(prices);
  });
});

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

describe('CPU series', () => {
  const job = { name: 'j', hosts: 1, vcpus: 4, from: at(90), until: at(250) };
  const cpu = (...seconds: number[]) => seconds.map((second) => ({ at: at(second), value: 200 }));

  test('is per cent of the vCPUs, counts from the start of training and leaves out what is not training', () => {
    const { series, knownSeconds } = toHostSeries('algo-1', { cpu: cpu(240, 0, 60, 120, 300), memory: [] }, job, 60);
    expect(series.cpu).toEqual([
      { at: 0, percent: 50 },
      { at: 30, percent: 50 },
      { at: 150, percent: 50 },
    ]);
    expect(knownSeconds).toBe(210);
  });

  test.each<[string, number[][], string, boolean]>([
    ['to the end', [[60, 120, 180, 240]], 'complete', true],
    ['all but the unfinished last period', [[60, 120, 180]], 'complete', false],
    ['less', [[60, 120]], 'partial', false],
    ['one of two hosts', [[60, 120, 180, 240], []], 'partial', false],
    ['the least counts', [[60, 120, 180, 240], [60]], 'partial', false],
    ['nothing', [[], []], 'none', false],
  ])('%s', (_name, hosts, coverage, settled) => {
    const readings = hosts.map((seconds, index) =>
      toHostSeries(`algo-${index + 1}`, { cpu: cpu(...seconds), memory: [] }, job, 60),
    );
    const judged = judgeCoverage(readings, 160, 60);
    expect(judged).toMatchObject({ utilisation: { coverage }, settled });
    expect(judged.utilisation.why === undefined).toBe(coverage === 'complete');
  });

  test('a job shorter than a period, known from its beginning only, is complete but not settled', () => {
    const short = { ...job, until: at(130) };
    const judged = judgeCoverage([toHostSeries('algo-1', { cpu: cpu(60), memory: [] }, short, 60)], 40, 60);
    expect(judged).toMatchObject({ utilisation: { coverage: 'complete' }, settled: false });
  });
});

test.each([
  ['instanceTyp', ['InstanceType', 'InstanceCount'], 'InstanceType'],
  ['x', ['InstanceType'], undefined],
])('findNearest(%s)', (written, candidates, nearest) => {
  expect(findNearest(written, candidates)).toBe(nearest);
});
