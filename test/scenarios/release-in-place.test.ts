import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, olderCommit } from '../support/facts.ts';
import type { LocalCloud } from '../support/local-cloud.ts';
import { messages, stable } from '../support/stable.ts';
import {
  call,
  deploy,
  deploymentStates,
  expectExit,
  promote,
  putModel,
  resourcesOf,
  roles,
  sagemaker,
  served,
} from '../support/serving.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

const AlarmName = 'digits-errors';
const stableEndpoint = 'digits-live';
const serve = `strategy: in-place
rollout: { kind: all-at-once, wait: 1m, alarms: [${AlarmName}] }`;

const describe = (cloud: LocalCloud) =>
  sagemaker<{ EndpointStatus: string; EndpointConfigName: string }>(cloud, 'DescribeEndpoint', { EndpointName: stableEndpoint });

async function inCloudWatch(cloud: LocalCloud, act: (client: CloudWatchClient) => Promise<unknown>): Promise<void> {
  const { accessKeyId, secretAccessKey, region, url } = cloud.aws;
  const client = new CloudWatchClient({ endpoint: url, region, credentials: { accessKeyId, secretAccessKey } });
  try {
    await act(client);
  } finally {
    client.destroy();
  }
}

test.concurrent.each(weathers)(
  'in place: updated, and failed when an alarm takes the update back although all is InService, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      await inCloudWatch(cloud, (client) =>
        client.send(
          new PutMetricAlarmCommand({
            AlarmName,
            Namespace: 'AWS/SageMaker',
            MetricName: 'Invocation5XXErrors',
            Dimensions: [{ Name: 'EndpointName', Value: stableEndpoint }],
            Statistic: 'Sum',
            Period: 60,
            EvaluationPeriods: 1,
            Threshold: 0,
            ComparisonOperator: 'GreaterThanThreshold',
            TreatMissingData: 'notBreaching',
          }),
        ),
      );
      const tag = (factor: number, commit: string) => job({ event: 'tag', commit, project: project(served({ factor, serve })) });

      const first = tag(1, olderCommit);
      await deploy(first, { model }, 'smoke-invoke');
      expect(expectExit(await promote(first)).outputs['outcome']).toBe('promoted');
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[42, 84]] });

      const second = tag(2, baseCommit);
      const { outputs: two } = await deploy(second, { model });
      expect(expectExit(await promote(second)).outputs['outcome']).toBe('promoted');
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[84, 168]] });
      expect(await describe(cloud)).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: two['release'] });

      const third = tag(3, headCommit);
      await deploy(third, { model });
      const main = third.step('promote-endpoint');
      await inCloudWatch(cloud, (client) =>
        until(
          'the update to be taken back',
          async () => {
            const { EndpointStatus: status } = await describe(cloud);
            if (status === 'Updating')
              await client.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'errors' }));
            return status === 'RollingBack' || main.process.exitCode !== null ? true : undefined;
          },
          60,
        ),
      );
      const failed = expectExit(await main.done, 1);
      expectExit(await third.afterStep('promote-endpoint', failed).done);
      expect(failed.outputs['outcome']).toBe('rolled-back');
      expect(stable(messages(failed.log, 'error'))).toMatchSnapshot('annotation');
      // What AWS shows looks like a success; it is not.
      expect(await describe(cloud)).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: two['release'] });
      expect((await resourcesOf(cloud)).configs).toContain(two['release']);
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[84, 168]] });
      expect((await cloud.releaseRecords(third.runId)).find(({ kind }) => kind === 'promote')).toMatchObject({
        outcome: { kind: 'rolled-back', to: two['release'] },
      });
      expect((await deploymentStates(cloud)).map((state) => state.split(':')[0])).toEqual(['inactive', 'success', 'failure']);
      expect(
        stable(
          expectExit(await third.report().done)
            .summary.split('\n')
            .slice(0, 5)
            .join('\n'),
        ),
      ).toMatchSnapshot('summary');
    }),
);
