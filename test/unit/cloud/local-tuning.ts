import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  CreateHyperParameterTuningJobRequest,
  DescribeHyperParameterTuningJobResponse,
  HyperParameterTrainingJobDefinition,
  HyperParameterTuningJobConfig,
} from '@aws-sdk/client-sagemaker';
import type { Weather } from '../../../src/cloud/contract.ts';
import { createMachinery } from '../../../src/cloud/machines/machinery.ts';
import { createTraining, type TrainingOptions } from '../../../src/cloud/services/sagemaker/room.ts';
import { createTagHandlers } from '../../../src/cloud/services/sagemaker/tags.ts';
import { createTuning } from '../../../src/cloud/services/sagemaker/tuning/room.ts';
import { createFolderCloud, role } from './sagemaker/local-training.ts';

/** What a search of these tests asks for; every member of a part may be given, and left out by undefined. */
export interface Asked {
  readonly config?: Partial<HyperParameterTuningJobConfig>;
  readonly definition?: Partial<HyperParameterTrainingJobDefinition>;
  readonly request?: Partial<CreateHyperParameterTuningJobRequest>;
}

/** Minimises what the script prints as `loss: …`, over `x` from 0 to 1: three trials, two at once. */
export function requestOf(name: string, { config, definition, request }: Asked = {}): CreateHyperParameterTuningJobRequest {
  return {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobConfig: {
      Strategy: 'Random',
      RandomSeed: 1,
      HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'loss' },
      ResourceLimits: { MaxNumberOfTrainingJobs: 3, MaxParallelTrainingJobs: 2 },
      ParameterRanges: { ContinuousParameterRanges: [{ Name: 'x', MinValue: '0', MaxValue: '1' }] },
      ...config,
    },
    TrainingJobDefinition: {
      StaticHyperParameters: { sagemaker_program: '"train.py"', sagemaker_submit_directory: '"s3://bucket/code.tar.gz"' },
      AlgorithmSpecification: {
        TrainingImage: 'image',
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: 'loss', Regex: 'loss: ([-0-9.]+)' }],
      },
      RoleArn: role,
      OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 60 },
      ...definition,
    },
    ...request,
  };
}

/** Tuning on this machine, called without the wire. @param script what every trial runs; it has `args`, its arguments by name */
export async function startTuning(script: string, options: TrainingOptions = {}, weather: Partial<Weather> = {}) {
  const { cloud, folder, buckets, clock, logs } = await createFolderCloud(weather);
  const head =
    'import os, sys, time\nargs = dict(zip([a.lstrip("-") for a in sys.argv[1::2]], sys.argv[2::2]))\nx = float(args.get("x", 0))\n';
  await writeFile(join(folder, 'train.py'), `${head}${script}\n`);
  execFileSync('tar', ['czf', join(folder, 'code.tar.gz'), '-C', folder, 'train.py']);
  await buckets.putFile('bucket', 'code.tar.gz', join(folder, 'code.tar.gz'));

  const training = createTraining(cloud, createMachinery(cloud), { stopGraceSeconds: 1, ...options });
  const tuning = createTuning(cloud, training);
  const tags = createTagHandlers((arn) => tuning.findTags(arn) ?? training.findTags(arn));
  const handlers = { ...training.handlers, ...tuning.handlers, ...tags };
  const describe = (name: string) => handlers.DescribeHyperParameterTuningJob({ HyperParameterTuningJobName: name });
  return {
    cloud,
    handlers,
    describe,
    create: (name: string, asked: Asked = {}) => handlers.CreateHyperParameterTuningJob(requestOf(name, asked)),
    trials: (name: string, more: object = {}) =>
      handlers.ListTrainingJobsForHyperParameterTuningJob({ HyperParameterTuningJobName: name, ...more }).TrainingJobSummaries ??
      [],
    /** Polls until `done` accepts the search; throws with its last state after 25 s. */
    until: async (name: string, done: (job: DescribeHyperParameterTuningJobResponse) => boolean) => {
      for (let waited = 0; waited < 25_000; waited += 20) {
        const job = describe(name);
        if (done(job)) return job;
        await clock.sleep(20);
      }
      throw new Error(`The search did not get there: ${JSON.stringify(describe(name), undefined, 1)}`);
    },
    linesOf: (job = '') =>
      logs
        .groups()
        .flatMap((group) => logs.streams(group.name))
        .filter((stream) => stream.name.startsWith(`${job}/`))
        .flatMap((stream) => stream.events.map((event) => event.message)),
    close: async () => {
      await Promise.all([tuning.close(), training.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type LocalTuning = Awaited<ReturnType<typeof startTuning>>;

export const isOver = (job: DescribeHyperParameterTuningJobResponse) =>
  ['Completed', 'Failed', 'Stopped'].includes(job.HyperParameterTuningJobStatus ?? '');
