import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CreateTrainingJobRequest, DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import type { Buckets, Cloud, Weather } from '../../../../src/cloud/contract.ts';
import { createMachinery } from '../../../../src/cloud/machines/machinery.ts';
import { createAlarmRecords } from '../../../../src/cloud/services/cloudwatch/alarm-store.ts';
import { createMetricRecords } from '../../../../src/cloud/services/cloudwatch/store.ts';
import { createLogRecords } from '../../../../src/cloud/services/cloudwatch-logs/store.ts';
import { createTraining, type TrainingOptions } from '../../../../src/cloud/services/sagemaker/room.ts';
import { createTagHandlers } from '../../../../src/cloud/services/sagemaker/tags.ts';
import { systemClock } from '../../../../src/time/clock.ts';

export const role = 'arn:aws:iam::000000000000:role/training';

const calm: Weather = {
  name: 'calm',
  metricsDelayMs: 0,
  logsDelayMs: 0,
  rolesDelayMs: 0,
  readLagMs: 0,
  trainingStatusMs: { Starting: 0, Downloading: 0, Uploading: 0 },
  endpointStatusMs: { Creating: 0, Updating: 0, Deleting: 0 },
  throttleChance: 0,
};

/** A cloud without the wire: a folder as S3, one role, everything else as the cloud has it. */
export async function createFolderCloud(weather: Partial<Weather> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-cloud-'));
  const buckets = createFolderBuckets(join(folder, 's3'));
  buckets.create('bucket');
  const clock = systemClock;
  const sky = { ...calm, ...weather };
  const logs = createLogRecords({ clock, weather: sky });
  const metrics = createMetricRecords({ clock, weather: sky });
  const alarms = createAlarmRecords({ clock, region: 'us-east-1', account: '000000000000', metrics });
  const cloud: Cloud = {
    folder,
    account: '000000000000',
    region: 'us-east-1',
    clock,
    weather: sky,
    gate: { pass: () => Promise.resolve('go') },
    journal: { entries: [], add: (entry) => ({ ...entry, number: 1, at: '' }) },
    buckets,
    roles: { add: () => {}, assumableBy: (arn) => (arn === role ? 'yes' : 'no such role') },
    logs,
    metrics,
    alarms,
  };
  return { cloud, folder, buckets, clock, logs, metrics, alarms };
}

/** Training on this machine, called without the wire. */
export async function startTraining(options: TrainingOptions = {}, weather: Partial<Weather> = {}) {
  const { cloud, folder, buckets, clock, logs, metrics } = await createFolderCloud(weather);
  const { handlers: training, findTags, close } = createTraining(cloud, createMachinery(cloud), options);
  const handlers = { ...training, ...createTagHandlers(findTags) };
  const describe = (name: string): DescribeTrainingJobResponse => handlers.DescribeTrainingJob({ TrainingJobName: name });
  return {
    cloud,
    handlers,
    metrics,
    describe,
    create: (name: string, script: string, more: Partial<CreateTrainingJobRequest> = {}) =>
      handlers.CreateTrainingJob(requestOf(name, script, more)),
    /** Polls until `done` accepts the job; throws with its last state after 20 s. */
    until: async (name: string, done: (job: DescribeTrainingJobResponse) => boolean) => {
      for (let waited = 0; waited < 20_000; waited += 20) {
        const job = describe(name);
        if (done(job)) return job;
        await clock.sleep(20);
      }
      throw new Error(`The job did not get there: ${JSON.stringify(describe(name), undefined, 1)}`);
    },
    linesOf: (name: string) =>
      logs
        .groups()
        .flatMap((group) => logs.streams(group.name))
        .filter((stream) => stream.name.startsWith(`${name}/`))
        .flatMap((stream) => stream.events.map((event) => event.message)),
    putObject: async (key: string, text: string) => {
      await writeFile(join(folder, 'upload'), text);
      await buckets.putFile('bucket', key, join(folder, 'upload'));
    },
    close: async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Training = Awaited<ReturnType<typeof startTraining>>;

export const isOver = (job: DescribeTrainingJobResponse) =>
  ['Completed', 'Failed', 'Stopped'].includes(job.TrainingJobStatus ?? '');

function requestOf(name: string, script: string, more: Partial<CreateTrainingJobRequest>): CreateTrainingJobRequest {
  return {
    TrainingJobName: name,
    RoleArn: role,
    AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File', ContainerEntrypoint: ['python3', '-c', script] },
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...more,
  };
}

function createFolderBuckets(root: string): Buckets {
  const list = (bucket: string) =>
    readdirSync(join(root, bucket), { recursive: true, encoding: 'utf8' })
      .map((key) => ({ key, stat: statSync(join(root, bucket, key)) }))
      .filter(({ stat }) => stat.isFile())
      .map(({ key, stat }) => ({ key, bytes: stat.size }));
  const pathOf = (bucket: string, key: string) => join(root, bucket, key);
  return {
    exists: (bucket) => existsSync(join(root, bucket)),
    create: (bucket) => void mkdirSync(join(root, bucket), { recursive: true }),
    list: (bucket, prefix) => list(bucket).filter(({ key }) => key.startsWith(prefix)),
    fileOf: (bucket, key) => (existsSync(pathOf(bucket, key)) ? pathOf(bucket, key) : undefined),
    putFile: async (bucket, key, path) => {
      await mkdir(dirname(pathOf(bucket, key)), { recursive: true });
      await copyFile(path, pathOf(bucket, key));
    },
  };
}
