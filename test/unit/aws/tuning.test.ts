import { describe, expect, test } from '@jest/globals';
import { checkTuningRequest } from '../../../src/aws/tuning-check.ts';
import { createTuningJobs } from '../../../src/aws/tuning-jobs.ts';
import { toTuningRequest, unquote } from '../../../src/aws/tuning-request.ts';
import type { TuningJobRequest, TuningTrial } from '../../../src/training/ports.ts';
import { type Answer, openClients as open, refuse, useScriptedAws } from '../../support/scripted-aws.ts';

const aws = useScriptedAws();

const request: TuningJobRequest = {
  name: 'dogs-0123456789-a1',
  objective: { goal: 'minimize', metric: 'test-loss' },
  strategy: 'bayesian',
  ranges: {
    'learning-rate': { kind: 'continuous', min: 1e-7, max: 0.1, scale: 'log' },
    momentum: { kind: 'continuous', min: 0.5, max: 0.99, scale: 'reverse-log' },
    layers: { kind: 'integer', min: 2, max: 64, scale: 'auto' },
    'batch-size': { kind: 'categorical', values: ['032', 'a "b"'] },
  },
  maxJobs: 4,
  maxParallelJobs: 2,
  earlyStopping: true,
  warmStart: ['dogs-older-a1'],
  trial: {
    image: 'image',
    script: { archive: '/opt/ml/input/data/code/code.tar.gz', entryPoint: 'train.py' },
    roleArn: 'arn:aws:iam::1:role/t',
    channels: [{ name: 'code', s3Uri: 's3://b/c/' }],
    outputS3Uri: 's3://b/o',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 2,
    volumeGb: 30,
    maxRuntimeSeconds: 60,
    hyperparameters: { epochs: '05' },
    environment: { MODE: 'fast' },
    metrics: [{ name: 'test-loss', regex: 'test loss: ([0-9.]+)' }],
    network: { subnets: ['subnet-1'], securityGroups: ['sg-1'], isolation: true },
    kmsKey: 'key',
  },
  tags: { team: 'vision' },
  overrides: {},
};

describe('the request', () => {
  test('is what AWS takes for a search', () => {
    expect(toTuningRequest(request)).toEqual({
      HyperParameterTuningJobName: 'dogs-0123456789-a1',
      HyperParameterTuningJobConfig: {
        Strategy: 'Bayesian',
        HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'test-loss' },
        ResourceLimits: { MaxNumberOfTrainingJobs: 4, MaxParallelTrainingJobs: 2 },
        ParameterRanges: {
          ContinuousParameterRanges: [
            { Name: 'learning-rate', MinValue: '0.0000001', MaxValue: '0.1', ScalingType: 'Logarithmic' },
            { Name: 'momentum', MinValue: '0.5', MaxValue: '0.99', ScalingType: 'ReverseLogarithmic' },
          ],
          IntegerParameterRanges: [{ Name: 'layers', MinValue: '2', MaxValue: '64', ScalingType: 'Auto' }],
          CategoricalParameterRanges: [{ Name: 'batch-size', Values: ['"032"', String.raw`"a \"b\""`] }],
        },
        TrainingJobEarlyStoppingType: 'Auto',
      },
      TrainingJobDefinition: {
        StaticHyperParameters: {
          epochs: '"05"',
          sagemaker_program: '"train.py"',
          sagemaker_submit_directory: '"/opt/ml/input/data/code/code.tar.gz"',
        },
        AlgorithmSpecification: {
          TrainingImage: 'image',
          TrainingInputMode: 'File',
          MetricDefinitions: [{ Name: 'test-loss', Regex: 'test loss: ([0-9.]+)' }],
        },
        RoleArn: 'arn:aws:iam::1:role/t',
        InputDataConfig: [
          {
            ChannelName: 'code',
            DataSource: {
              S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://b/c/', S3DataDistributionType: 'FullyReplicated' },
            },
          },
        ],
        OutputDataConfig: { S3OutputPath: 's3://b/o', KmsKeyId: 'key' },
        ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 2, VolumeSizeInGB: 30, VolumeKmsKeyId: 'key' },
        StoppingCondition: { MaxRuntimeInSeconds: 60 },
        EnableManagedSpotTraining: false,
        EnableNetworkIsolation: true,
        VpcConfig: { Subnets: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
        Environment: { MODE: 'fast' },
      },
      WarmStartConfig: {
        ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: 'dogs-older-a1' }],
        WarmStartType: 'TransferLearning',
      },
      Tags: [{ Key: 'team', Value: 'vision' }],
    });
  });

  test('leaves the number of a grid to the service, ends an unwatched search, and merges what the spec overrides', () => {
    const changed = toTuningRequest({
      ...request,
      strategy: 'grid',
      maxSearchSeconds: 600,
      overrides: { HyperParameterTuningJobConfig: { RandomSeed: 7 } },
    });
    expect(changed.HyperParameterTuningJobConfig).toMatchObject({
      Strategy: 'Grid',
      ResourceLimits: { MaxParallelTrainingJobs: 2, MaxRuntimeInSeconds: 600 },
      RandomSeed: 7,
    });
    expect(changed.HyperParameterTuningJobConfig?.ResourceLimits).not.toHaveProperty('MaxNumberOfTrainingJobs');
  });

  test.each([
    ['"64"', '64'],
    ['0.031', '0.031'],
    [String.raw`"a \"b\""`, 'a "b"'],
    ['"torn', '"torn'],
  ])('a value that AWS gives as %s is %s', (given, meant) => expect(unquote(given)).toBe(meant));
});

describe('what is wrong with a request', () => {
  test('nothing', () => expect(checkTuningRequest(request)).toEqual([]));

  test.each<[string, Partial<TuningJobRequest>, string[]]>([
    [
      'an unknown member',
      { overrides: { HyperParameterTuningJobConfg: {} } },
      ['request.tuning-job.HyperParameterTuningJobConfg'],
    ],
    [
      'a member that is decided elsewhere',
      { overrides: { HyperParameterTuningJobConfig: { Strategy: 'Random' }, WarmStartConfig: {} } },
      ['request.tuning-job.WarmStartConfig', 'request.tuning-job.HyperParameterTuningJobConfig.Strategy'],
    ],
    ['a type', { trial: { ...request.trial, instanceType: 'ml.m5.gigantic' } }, ['tune.instance-type']],
    ['a value too long', { ranges: { mode: { kind: 'categorical', values: ['x'.repeat(255)] } } }, ['tune.ranges.mode']],
  ])('%s', (_, more, names) => {
    expect(checkTuningRequest({ ...request, ...more }).map(({ name }) => name)).toEqual(names);
  });
});

const described = {
  HyperParameterTuningJobName: 'dogs-a1',
  HyperParameterTuningJobArn: 'arn:1',
  HyperParameterTuningJobStatus: 'InProgress',
  CreationTime: 1,
  TrainingJobStatusCounters: { Completed: 2, InProgress: 1, RetryableError: 1, NonRetryableError: 2, Stopped: 3 },
};
const summary = (number: number) => ({
  TrainingJobName: `dogs-a1-00${number}`,
  TrainingJobArn: `arn:t${number}`,
  TrainingJobStatus: 'Completed',
  CreationTime: number,
  TunedHyperParameters: { 'learning-rate': '0.05', 'batch-size': '"064"' },
  FinalHyperParameterTuningJobObjectiveMetric: { MetricName: 'test-loss', Value: 0.5 / number },
});

describe('tuning jobs', () => {
  test('one that is not there is undefined, in AWS’s own words', async () => {
    aws.answer = () => refuse('ResourceNotFound', "Amazon SageMaker can't find a tuning job with the name dogs-a1.");
    expect(await createTuningJobs(open()).describe('dogs-a1')).toBeUndefined();
  });

  test('counts both kinds of failures', async () => {
    aws.answer = () => ({ body: { ...described, BestTrainingJob: summary(1) } });
    expect(await createTuningJobs(open()).describe('dogs-a1')).toEqual({
      name: 'dogs-a1',
      arn: 'arn:1',
      status: 'InProgress',
      created: new Date(1000),
      counts: { completed: 2, inProgress: 1, failed: 3, stopped: 3 },
      best: 'dogs-a1-001',
    });
  });

  test('one whose answer was lost exists', async () => {
    aws.answer = (_, nth) => (nth === 1 ? 'reset' : refuse('ResourceInUse', 'exists'));
    expect(await createTuningJobs(open()).start(request)).toEqual({ outcome: 'exists' });
  });

  test.each<[string, Answer, string, string]>([
    ['runs', { body: '' }, 'InProgress', 'requested'],
    ['is over', refuse('ValidationException', 'in status Completed'), 'Completed', 'ended'],
    ['is being stopped', refuse('ValidationException', 'in status Stopping'), 'Stopping', 'requested'],
    ['is not there', refuse('ResourceNotFound', "can't find"), 'InProgress', 'missing'],
  ])('stopping one that %s', async (_, told, status, outcome) => {
    aws.answer = ({ operation }) =>
      operation === 'StopHyperParameterTuningJob' ? told : { body: { ...described, HyperParameterTuningJobStatus: status } };
    expect(await createTuningJobs(open()).stop('dogs-a1')).toBe(outcome);
  });

  test('another refusal of a stop is an error', async () => {
    aws.answer = ({ operation }) =>
      operation === 'StopHyperParameterTuningJob' ? refuse('ValidationException', 'too long') : { body: described };
    await expect(createTuningJobs(open()).stop('dogs-a1')).rejects.toMatchObject({ kind: 'input' });
  });
});

const answerAll: typeof aws.answer = ({ operation, json }) => {
  if (operation === 'ListTrainingJobsForHyperParameterTuningJob') {
    return json['NextToken'] === undefined
      ? { body: { TrainingJobSummaries: [summary(1), summary(2)], NextToken: 'more' } }
      : { body: { TrainingJobSummaries: [summary(3)] } };
  }
  const name = String(json['TrainingJobName']);
  if (name === 'dogs-a1-003') return refuse('ValidationException', 'Requested resource not found.');
  const body = { TrainingJobName: name, TrainingJobArn: 'arn', CreationTime: 1, BillableTimeInSeconds: 12 };
  return { body: { ...body, TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' } };
};

describe('trials', () => {
  test('are read over all pages, in the order of creation, without quotes', async () => {
    aws.answer = answerAll;
    const trials = await createTuningJobs(open()).trials('dogs-a1', new Map());
    expect(trials.map(({ name, objective, job }) => [name, objective, job.status, job.billableSeconds])).toEqual([
      ['dogs-a1-001', 0.5, 'Completed', 12],
      ['dogs-a1-002', 0.25, 'Completed', 12],
      // Listed before it can be described: not over until it is known what it cost.
      ['dogs-a1-003', 0.5 / 3, 'InProgress', undefined],
    ]);
    expect(trials[0]?.hyperparameters).toEqual({ 'learning-rate': '0.05', 'batch-size': '064' });
    expect(aws.requests[0]?.json).toMatchObject({ SortBy: 'CreationTime', SortOrder: 'Ascending' });
  });

  test('that are known are not asked for again', async () => {
    aws.answer = answerAll;
    const jobs = createTuningJobs(open());
    const [first] = await jobs.trials('dogs-a1', new Map());
    aws.requests = [];
    const known = new Map<string, TuningTrial>(['dogs-a1-001', 'dogs-a1-002', 'dogs-a1-003'].map((name) => [name, first!]));
    await jobs.trials('dogs-a1', known);
    expect(aws.operations()).toEqual([
      'ListTrainingJobsForHyperParameterTuningJob',
      'ListTrainingJobsForHyperParameterTuningJob',
    ]);
  });
});
