import { ApplicationAutoScalingClient, DescribeScalingActivitiesCommand } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from '@jest/globals';
import { headCommit } from '../support/facts.ts';
import { stable } from '../support/stable.ts';
import { deploy, expectExit, promote, putModel, roles, sagemaker, served, startLoad } from '../support/serving.ts';
import { until } from '../support/until.ts';
import { inWorld } from '../support/world.ts';

/** One of AWS's minutes: scaling out takes three of them, scaling in fifteen. */
const minuteSeconds = 2;

test('more calls than the target scale the endpoint out, and fewer scale it in again', () =>
  inWorld('calm', { roles, training: { serving: { minuteSeconds } } }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const scaling = 'endpoint: { min: 1, max: 2, invocations-per-minute: 30, scale-in-cooldown: 1m, scale-out-cooldown: 1m }';
    const tag = job({ event: 'tag', commit: headCommit, project: project(served({ scaling })) });
    await deploy(tag, { model }, 'configure-scaling');
    const EndpointName = expectExit(await promote(tag)).outputs['live'];
    const settled = (instances: number) => async () => {
      const { EndpointStatus: status, ProductionVariants: variants } = await sagemaker<{
        EndpointStatus: string;
        ProductionVariants: { CurrentInstanceCount: number }[];
      }>(cloud, 'DescribeEndpoint', { EndpointName });
      return status === 'InService' && variants[0]?.CurrentInstanceCount === instances ? true : undefined;
    };

    // 40 a minute, for one machine that should have 30.
    const load = startLoad(cloud, 40 / minuteSeconds);
    try {
      await until('a second machine', settled(2), 60);
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    await until('one machine again', settled(1), 90);

    const { accessKeyId, secretAccessKey, region, url } = cloud.aws;
    const client = { endpoint: url, region, credentials: { accessKeyId, secretAccessKey } };
    const scaler = new ApplicationAutoScalingClient(client);
    const activities = await until(
      'both activities to be over',
      async () => {
        const { ScalingActivities: found = [] } = await scaler.send(
          new DescribeScalingActivitiesCommand({
            ServiceNamespace: 'sagemaker',
            ResourceId: `endpoint/${EndpointName}/variant/all`,
          }),
        );
        return found.length >= 2 && found.every(({ StatusCode }) => StatusCode === 'Successful') ? found : undefined;
      },
      20,
    );
    scaler.destroy();
    const told = activities.toReversed().map(({ Description, Cause = '' }) => `${Description} ${Cause}`);
    expect(told.map((text) => stable(text).replace(/was [\d.]+ a minute/, 'was <n> a minute'))).toMatchSnapshot('activities');

    const metrics = new CloudWatchClient(client);
    const { Datapoints: points = [] } = await metrics.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/SageMaker',
        MetricName: 'Invocations',
        Dimensions: [
          { Name: 'EndpointName', Value: EndpointName },
          { Name: 'VariantName', Value: 'all' },
        ],
        StartTime: new Date(Date.now() - 600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: ['Sum'],
      }),
    );
    metrics.destroy();
    const counted = points.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
    // Those of the load, and the one that verified live.
    expect(counted).toBe(load.answers.length + 1);
  }));
