import {
  ApplicationAutoScalingClient,
  DescribeScalingPoliciesCommand,
  ObjectNotFoundException,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  ResourceNotFound,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  SageMakerClient,
  waitUntilEndpointDeleted,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, ModelError, SageMakerRuntimeClient, ValidationError } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type RunningCloud, startCloud } from '../../../src/cloud/start.ts';
import { processesUsing } from '../../support/processes.ts';

// Serving as AWS's own clients see it, with the digits model's own serving code.
const role = 'arn:aws:iam::000000000000:role/serving';
const training = join(import.meta.dirname, '../../../training/digits');

let folder: string;
let running: RunningCloud;
beforeAll(async () => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1';
  folder = mkdtempSync(join(tmpdir(), 'trainyard-serving-'));
  running = await startCloud({ folder, buckets: ['bucket'], roles: [{ arn: role, trust: ['sagemaker.amazonaws.com'] }] });
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const config = () => ({
  region: 'us-east-1',
  endpoint: running.url,
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
});
const waiting = (client: SageMakerClient) => ({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 30 });

const zeros = (count: number) => Array.from({ length: count }, () => 0);

/** An untrained network of one hidden cell: what it answers is not looked at, but that it does. */
async function packModel(): Promise<Buffer> {
  const tar = pack();
  for (const name of ['inference.py', 'digits.py', 'network.py'])
    tar.entry({ name: `code/${name}` }, readFileSync(join(training, name)));
  const model = { format: 'digits-1', hidden: [zeros(65)], output: Array.from({ length: 10 }, () => zeros(2)) };
  tar.entry({ name: 'model.json' }, JSON.stringify(model));
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}

test('a model from S3 to an answer, its scaling, its alarms and its end', async () => {
  const sagemaker = new SageMakerClient(config());
  const runtime = new SageMakerRuntimeClient(config());
  const scaling = new ApplicationAutoScalingClient(config());
  const cloudwatch = new CloudWatchClient(config());
  await new S3Client(config()).send(new PutObjectCommand({ Bucket: 'bucket', Key: 'model.tar.gz', Body: await packModel() }));
  await sagemaker.send(
    new CreateModelCommand({
      ModelName: 'digits',
      ExecutionRoleArn: role,
      PrimaryContainer: { Image: 'image', ModelDataUrl: 's3://bucket/model.tar.gz' },
    }),
  );
  const variant = { VariantName: 'all', ModelName: 'digits', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 } as const;
  await sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName: 'digits', ProductionVariants: [variant] }));
  const EndpointName = 'digits';
  await sagemaker.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName: 'digits' }));
  await waitUntilEndpointInService(waiting(sagemaker), { EndpointName });

  const invoke = (body: unknown, name = EndpointName) =>
    runtime.send(new InvokeEndpointCommand({ EndpointName: name, ContentType: 'application/json', Body: JSON.stringify(body) }));
  const answer = await invoke([Array.from({ length: 64 }, () => 1)]);
  expect(answer).toMatchObject({ ContentType: 'application/json', InvokedProductionVariant: 'all' });
  expect(JSON.parse(answer.Body?.transformToString() ?? '')[0]).toHaveLength(10);
  const refused = await invoke([1, 2]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ModelError);
  expect(refused).toMatchObject({
    OriginalStatusCode: 500,
    OriginalMessage: 'ValueError: image 0 must be a list of 64 grey values (8 rows of 8), not 2 values.',
    $metadata: { httpStatusCode: 424 },
    message: expect.stringContaining('Received server error (500) from primary'),
  });
  const missing = await invoke([], 'none').catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(ValidationError);
  expect(missing).toMatchObject({ message: 'Endpoint none of account 000000000000 not found.' });

  const ServiceNamespace = 'sagemaker' as const;
  const resource = {
    ServiceNamespace,
    ResourceId: 'endpoint/digits/variant/all',
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  } as const;
  const put = new PutScalingPolicyCommand({
    ...resource,
    PolicyName: 'calls',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 100,
      PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
    },
  });
  await expect(scaling.send(put)).rejects.toBeInstanceOf(ObjectNotFoundException);
  await scaling.send(new RegisterScalableTargetCommand({ ...resource, MinCapacity: 1, MaxCapacity: 2 }));
  await scaling.send(put);
  const policies = await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace }));
  expect(policies.ScalingPolicies).toMatchObject([
    { PolicyName: 'calls', TargetTrackingScalingPolicyConfiguration: { TargetValue: 100 } },
  ]);

  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'errors',
      Namespace: 'AWS/SageMaker',
      MetricName: 'Invocation5XXErrors',
      Dimensions: [
        { Name: 'EndpointName', Value: 'digits' },
        { Name: 'VariantName', Value: 'all' },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
  const { MetricAlarms: alarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] }));
  expect(alarms).toMatchObject([{ AlarmName: 'errors', StateValue: 'ALARM' }]);
  await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['errors'] }));
  await expect(cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['errors'] }))).rejects.toBeInstanceOf(ResourceNotFound);

  const logs = await new CloudWatchLogsClient(config()).send(
    new FilterLogEventsCommand({ logGroupName: '/aws/sagemaker/Endpoints/digits' }),
  );
  expect(logs.events?.[0]?.logStreamName).toMatch(/^all\/i-[0-9a-f]{17}$/);

  await sagemaker.send(new DeleteEndpointCommand({ EndpointName }));
  await waitUntilEndpointDeleted(waiting(sagemaker), { EndpointName });
  await expect(sagemaker.send(new DescribeEndpointCommand({ EndpointName }))).rejects.toMatchObject({
    name: 'ValidationException',
    message: 'Could not find endpoint "arn:aws:sagemaker:us-east-1:000000000000:endpoint/digits".',
  });
  expect(processesUsing(folder)).toEqual([]);
}, 40_000);
