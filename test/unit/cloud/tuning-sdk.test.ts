import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddTagsCommand,
  CreateHyperParameterTuningJobCommand,
  DescribeHyperParameterTuningJobCommand,
  DescribeTrainingJobCommand,
  ListHyperParameterTuningJobsCommand,
  ListTagsCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  ResourceInUse,
  ResourceNotFound,
  SageMakerClient,
  StopHyperParameterTuningJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type RunningCloud, startCloud } from '../../../src/cloud/start.ts';
import { requestOf } from './local-tuning.ts';
import { role } from './sagemaker/local-training.ts';

// The contract with AWS's own client, and what it takes for AWS's errors.
jest.setTimeout(40_000);

let folder: string;
let running: RunningCloud;
let client: SageMakerClient;

beforeAll(async () => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1';
  folder = mkdtempSync(join(tmpdir(), 'trainyard-tuning-'));
  const roles = [{ arn: role, trust: ['sagemaker.amazonaws.com'] }];
  running = await startCloud({ folder, buckets: ['bucket'], roles });
  const config = { region: 'us-east-1', endpoint: running.url, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } };
  client = new SageMakerClient(config);
  writeFileSync(join(folder, 'train.py'), 'import sys\nprint("loss:", sys.argv[-1])\n');
  execFileSync('tar', ['czf', join(folder, 'code.tar.gz'), '-C', folder, 'train.py']);
  await running.cloud.buckets.putFile('bucket', 'code.tar.gz', join(folder, 'code.tar.gz'));
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const describeSearch = (name: string) =>
  client.send(new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name }));

test('create, describe, list, tags and stop as the client has them', async () => {
  const { HyperParameterTuningJobArn: arn } = await client.send(new CreateHyperParameterTuningJobCommand(requestOf('search')));
  expect(arn).toBe('arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/search');
  await client.send(new AddTagsCommand({ ResourceArn: arn, Tags: [{ Key: 'a', Value: 'b' }] }));
  expect((await client.send(new ListTagsCommand({ ResourceArn: arn }))).Tags).toEqual([{ Key: 'a', Value: 'b' }]);
  let job = await describeSearch('search');
  for (let tries = 0; tries < 300 && job.HyperParameterTuningJobStatus === 'InProgress'; tries += 1) {
    await running.cloud.clock.sleep(100);
    job = await describeSearch('search');
  }
  expect(job).toMatchObject({ HyperParameterTuningJobStatus: 'Completed', TrainingJobStatusCounters: { Completed: 3 } });
  expect(job.BestTrainingJob?.FinalHyperParameterTuningJobObjectiveMetric?.MetricName).toBe('loss');

  const page = { HyperParameterTuningJobName: 'search', MaxResults: 2 };
  const first = await client.send(new ListTrainingJobsForHyperParameterTuningJobCommand(page));
  const next = await client.send(new ListTrainingJobsForHyperParameterTuningJobCommand({ ...page, NextToken: first.NextToken }));
  const trials = [...(first.TrainingJobSummaries ?? []), ...(next.TrainingJobSummaries ?? [])];
  expect(trials).toHaveLength(3);
  expect(next.NextToken).toBeUndefined();
  for (const { TrainingJobName } of trials)
    expect((await client.send(new DescribeTrainingJobCommand({ TrainingJobName }))).TuningJobArn).toBe(arn);
  const { HyperParameterTuningJobSummaries: all } = await client.send(new ListHyperParameterTuningJobsCommand({}));
  expect(all?.map(({ HyperParameterTuningJobName: name, Strategy }) => [name, Strategy])).toEqual([['search', 'Random']]);

  await expect(client.send(new CreateHyperParameterTuningJobCommand(requestOf('search')))).rejects.toThrow(
    new ResourceInUse({
      $metadata: {},
      message: 'A hyperparameter tuning job with the name, search, already exists. Choose a different name.',
    }),
  );
  await expect(
    client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'search' })),
  ).rejects.toMatchObject({ name: 'ValidationException' });
});

test('an unknown search is ResourceNotFound, in AWS’s words', async () => {
  const error = await describeSearch('nobody').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ResourceNotFound);
  expect(error).toMatchObject({ message: "Amazon SageMaker can't find a tuning job called nobody. Type another name." });
});

test.each([
  ['a name of more than 32 characters', requestOf('a'.repeat(33)), /length less than or equal to 32/],
  [
    'no room for a trial',
    requestOf('b', { config: { ResourceLimits: { MaxParallelTrainingJobs: 0 } } }),
    /greater than or equal to 1/,
  ],
  [
    'a time limit under two minutes',
    requestOf('c', { config: { ResourceLimits: { MaxParallelTrainingJobs: 1, MaxRuntimeInSeconds: 60 } } }),
    /greater than or equal to 120/,
  ],
  ['a role that is not there', requestOf('d', { definition: { RoleArn: `${role}-other` } }), /Could not assume role/],
  [
    'a bucket that is not there',
    requestOf('e', { definition: { OutputDataConfig: { S3OutputPath: 's3://nowhere/out' } } }),
    /The bucket nowhere .* does not exist/,
  ],
])('%s is refused before anything starts', async (_, request, message) => {
  await expect(client.send(new CreateHyperParameterTuningJobCommand(request))).rejects.toThrow(message);
  await expect(describeSearch(request.HyperParameterTuningJobName?.slice(0, 32) ?? '')).rejects.toBeInstanceOf(ResourceNotFound);
});
