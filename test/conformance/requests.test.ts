import { beforeAll, expect, test } from '@jest/globals';
import { pullRequestRole, trainingRole } from '../support/facts.ts';
import { createProject, startJob } from '../support/job.ts';
import { startLocalCloud } from '../support/local-cloud.ts';
import { until } from '../support/until.ts';
import { checkRequests, readRequests, type Request } from './check-requests.ts';
import { findPeer } from './peers.ts';

const python = findPeer('python');
let requests: Request[] = [];

/** Every key of a spec that changes a request. */
const withEverything = (text: string) =>
  text
    .replace(
      '    single: { instance-type: ml.m5.xlarge }\n',
      '    single: { instance-type: ml.m5.xlarge, spot: true, max-wait: 10m }\n    multi: { instance-type: ml.m5.large, instance-count: 2 }\n',
    )
    .concat('tags: { team: digits }\nnetwork: { isolation: true }\nbudget: { per-run: 5, per-pull-request: 20 }\n');

/** What train, report and a cancelled train send. */
beforeAll(async () => {
  if (python === undefined) return;
  const cloud = await startLocalCloud({
    roles: [
      { arn: trainingRole, trust: ['sagemaker.amazonaws.com'] },
      {
        arn: pullRequestRole,
        trust: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Federated: '*' }, Action: 'sts:AssumeRoleWithWebIdentity' }],
        },
      },
    ],
  });
  const project = createProject({ spec: withEverything, hyperparameters: { seconds: 1 } });
  const long = createProject({ hyperparameters: { seconds: 120 } });
  const first = startJob({ cloud, project, runId: '1' });
  const second = startJob({ cloud, project: long, runId: '2' });
  try {
    const inputs = { 'role-to-assume': pullRequestRole };
    const main = await first.train(inputs).done;
    if (main.exitCode !== 0) throw new Error(main.log);
    await first.report(inputs).done;

    const since = (await cloud.journal()).length;
    const running = second.train();
    await until('the job to be watched', async () =>
      (await cloud.journal(since)).find(({ operation, status }) => operation === 'GetLogEvents' && status === 200),
    );
    await second.afterTrain(await running.cancel()).done;
    requests = await readRequests(cloud);
  } finally {
    await cloud.close();
    for (const thing of [first, second, project, long]) thing.remove();
  }
}, 120_000);

test('every request is legal by botocore’s own models', () => {
  if (python === undefined) return;
  const { illegal, checked, operations } = checkRequests(requests);
  expect(illegal).toEqual([]);
  expect(checked).toBe(requests.length);
  expect(checked).toBeGreaterThan(80);
  expect(operations).toEqual(
    expect.arrayContaining([
      'cloudwatch.GetMetricData',
      'logs.DescribeLogStreams',
      'logs.GetLogEvents',
      'pricing.GetProducts',
      's3.GetObject',
      's3.ListObjectsV2',
      's3.PutObject',
      'sagemaker.CreateTrainingJob',
      'sagemaker.DescribeTrainingJob',
      'sagemaker.StopTrainingJob',
      'sts.AssumeRoleWithWebIdentity',
      'sts.GetCallerIdentity',
    ]),
  );
});

test('the check finds what a service would refuse', () => {
  if (python === undefined) return;
  const created = requests.find(({ operation }) => operation === 'CreateTrainingJob');
  const changed = (change: object): Request => ({
    service: 'sagemaker',
    operation: 'CreateTrainingJob',
    input: { ...(created?.input as object), ...change },
  });
  const bad = [
    changed({ TrainingJobName: 'no_underscores' }),
    changed({ Tgs: [] }),
    changed({ RoleArn: undefined }),
    changed({ StoppingCondition: { MaxRuntimeInSeconds: 0 } }),
    changed({ ResourceConfig: { InstanceType: 'ml.m5.gigantic', InstanceCount: 1, VolumeSizeInGB: 1 } }),
    changed({ HyperParameters: { epochs: 3 } }),
    { service: 'cloudwatch', operation: 'GetMetricData', input: { MetricDataQueries: [], StartTime: 'yesterday', EndTime: 0 } },
    { service: 's3', operation: 'PutObject', input: { Bucket: 'b', Key: '' } },
    { service: 's3', operation: 'PutObjekt', input: {} },
  ];
  const { problems } = checkRequests([...requests.slice(0, 1), ...bad]);
  expect(problems.map(({ number }) => number)).toEqual(bad.map((_request, index) => index + 1));
  expect(problems.map(({ problems: found }) => found.join('; ')).join('\n')).toMatchSnapshot();
});
