import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from '@jest/globals';
import { toDeploymentConfig } from '../../src/aws/rollout.ts';
import { headCommit, pullRequestRole } from '../support/facts.ts';
import type { Job } from '../support/job.ts';
import type { LocalCloud } from '../support/local-cloud.ts';
import { expectExit, putModel, roles, served } from '../support/serving.ts';
import { inWorld } from '../support/world.ts';
import { checkRequests, readRequests } from './check-requests.ts';
import { findPeer } from './peers.ts';

const python = findPeer('python');
const ciRole = {
  arn: pullRequestRole,
  trust: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Federated: '*' }, Action: 'sts:AssumeRoleWithWebIdentity' }],
  },
};
const options = { roles: [...roles, ciRole], training: { serving: { minuteSeconds: 0.5 } } };

/** Every key of a spec that changes a request and that both strategies know. */
const everything = (text: string) =>
  `${text}tags: { team: digits }
kms-key: alias/octo
network: { subnets: [subnet-0a1b2c3d], security-groups: [sg-0a1b2c3d], isolation: true }
`;
const environment = 'environment: { THREADS: 2 }';
const scaling = `endpoint: { min: 1, max: 2, invocations-per-minute: 600, scale-in-cooldown: 2m, scale-out-cooldown: 1m }
lambda: { provisioned: 1, reserved: 4 }`;

type Step = readonly [action: string, inputs?: Record<string, string>];

/** Steps of a workflow, each with its post, all of which must succeed. */
async function runSteps(job: Job, steps: readonly Step[]): Promise<void> {
  for (const [action, more = {}] of steps) {
    const inputs = { 'role-to-assume': pullRequestRole, ...more };
    if (action === 'report') expectExit(await job.report(inputs).done);
    else {
      const main = expectExit(await job.step(action, inputs).done);
      if (withPost.has(action)) expectExit(await job.afterStep(action, main, inputs).done);
    }
  }
}
const withPost = new Set(['deploy-endpoint', 'promote-endpoint']);

const AlarmName = 'digits-errors';
async function addAlarm({ aws: { accessKeyId, secretAccessKey, region, url } }: LocalCloud): Promise<void> {
  const client = new CloudWatchClient({ endpoint: url, region, credentials: { accessKeyId, secretAccessKey } });
  const subject = { AlarmName, Namespace: 'AWS/SageMaker', MetricName: 'Invocation5XXErrors', Statistic: 'Sum' } as const;
  const rule = { Period: 60, EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' } as const;
  await client.send(new PutMetricAlarmCommand({ ...subject, ...rule, TreatMissingData: 'notBreaching' }));
  client.destroy();
}

test.concurrent('every request of releases, a way back and a sweep is legal by botocore’s own models', () =>
  inWorld('calm', options, async ({ cloud, job, project }) => {
    if (python === undefined) return;
    const model = await putModel(cloud);
    const tag = (factor: number) =>
      job({
        event: 'tag',
        commit: headCommit,
        project: project(served({ factor, scaling, serve: environment, spec: everything })),
      });
    const whole: Step[] = [['configure-scaling'], ['smoke-invoke'], ['promote-endpoint'], ['report']];
    await runSteps(tag(1), [['deploy-endpoint', { model }], ...whole]);
    const second = tag(2);
    await runSteps(second, [['deploy-endpoint', { model }], ...whole, ['promote-endpoint', { rollback: 'true' }]]);
    await runSteps(tag(3), [['deploy-endpoint', { model, 'candidate-ttl': '1s' }], ['configure-scaling'], ['clean-up']]);
    const { illegal, operations } = checkRequests(await readRequests(cloud));
    expect(illegal).toEqual([]);
    const expected = [
      'application-autoscaling.DeregisterScalableTarget',
      'application-autoscaling.PutScalingPolicy',
      'application-autoscaling.RegisterScalableTarget',
      'lambda.CreateAlias',
      'lambda.CreateFunction',
      'lambda.DeleteFunction',
      'lambda.DeleteProvisionedConcurrencyConfig',
      'lambda.Invoke',
      'lambda.PublishVersion',
      'lambda.PutFunctionConcurrency',
      'lambda.PutProvisionedConcurrencyConfig',
      'lambda.UpdateAlias',
      'lambda.UpdateFunctionConfiguration',
      'pricing.GetProducts',
      's3.PutObject',
      'sagemaker-runtime.InvokeEndpoint',
      'sagemaker.AddTags',
      'sagemaker.CreateEndpoint',
      'sagemaker.CreateEndpointConfig',
      'sagemaker.CreateModel',
      'sagemaker.DeleteEndpoint',
      'sagemaker.DeleteEndpointConfig',
      'sagemaker.DeleteModel',
      'sts.AssumeRoleWithWebIdentity',
    ];
    expect(operations).toEqual(expect.arrayContaining(expected));
  }));

test.concurrent('so is every request of an update in place', () =>
  inWorld('calm', options, async ({ cloud, job, project }) => {
    if (python === undefined) return;
    const model = await putModel(cloud);
    await addAlarm(cloud);
    const rollout = `rollout: { kind: canary, percent: 10, wait: 1m, alarms: [${AlarmName}] }`;
    const serve = `strategy: in-place\n${rollout}\n${environment}`;
    for (const factor of [1, 2]) {
      const changes = served({ factor, serve, scaling: scaling.split('\n')[0] ?? '', spec: everything });
      const tag = job({ event: 'tag', commit: headCommit, project: project(changes) });
      await runSteps(tag, [['deploy-endpoint', { model }], ['configure-scaling'], ['promote-endpoint']]);
    }
    const { illegal, operations } = checkRequests(await readRequests(cloud));
    expect(illegal).toEqual([]);
    expect(operations).toEqual(
      expect.arrayContaining(['application-autoscaling.RegisterScalableTarget', 'sagemaker.UpdateEndpoint']),
    );
  }));

test('every rollout is legal at the ends of what a spec may say', () => {
  if (python === undefined) return;
  const alarms = Array.from({ length: 10 }, (_, index) => `${'a'.repeat(250)}-${index}`);
  const updates = (['canary', 'linear', 'rolling'] as const).flatMap((kind) => [
    toDeploymentConfig({ kind, percent: kind === 'linear' ? 10 : 5, waitSeconds: 0, alarms: [] }),
    toDeploymentConfig({ kind, percent: 50, waitSeconds: 3600, alarms }),
  ]);
  const all = [...updates, toDeploymentConfig({ kind: 'all-at-once', waitSeconds: 3600, alarms })];
  const requests = all.map((DeploymentConfig) => ({
    service: 'sagemaker',
    operation: 'UpdateEndpoint',
    input: { EndpointName: 'digits-live', EndpointConfigName: 'digits-0123456789', DeploymentConfig },
  }));
  expect(checkRequests(requests)).toMatchObject({ illegal: [], checked: 7 });
});
