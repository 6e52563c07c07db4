import { CreateTrainingJobRequest$, TrainingInstanceType } from '@aws-sdk/client-sagemaker';
import type { Problem } from '../action-error.ts';
import type { TrainingJobRequest } from '../training/ports.ts';
import { checkMembers } from './check-members.ts';
import { isMembers } from './merge-members.ts';
import { findNearest } from './nearest.ts';

const root = 'request.training-job';

/** Members that decide what a job is called, may do, costs, or where it writes: records would say something else than is true. */
const own: readonly (readonly [path: string, fix: string])[] = [
  ['TrainingJobName', 'Remove it: the name is what finds a job again.'],
  ['Tags', 'Use `tags` of trainyard.yml.'],
  ['RoleArn', 'Use `roles.training`.'],
  ['HyperParameters', 'Use `hyperparameters`.'],
  ['Environment', 'Use `environment`.'],
  ['InputDataConfig', 'Use `data`.'],
  ['VpcConfig', 'Use `network`.'],
  ['OutputDataConfig.S3OutputPath', 'Remove it: models are written below the prefix of their trust zone.'],
  ['AlgorithmSpecification.TrainingImage', 'Use `image`.'],
  ['AlgorithmSpecification.AlgorithmName', 'Use `image`.'],
  ['AlgorithmSpecification.ContainerEntrypoint', 'Use `code.entry-point`.'],
  ['AlgorithmSpecification.ContainerArguments', 'Use `hyperparameters`.'],
  ['AlgorithmSpecification.MetricDefinitions', 'Use `metrics`.'],
  ['ResourceConfig.InstanceType', 'Use `instance-type` of the run.'],
  ['ResourceConfig.InstanceCount', 'Use `instance-count` of the run.'],
  ['ResourceConfig.InstanceGroups', 'Remove it: groups of different types are not priced.'],
  ['ResourceConfig.TrainingPlanArn', 'Remove it: training plans are not priced.'],
  ['ResourceConfig.VolumeSizeInGB', 'Use `volume-gb`.'],
  ['ResourceConfig.KeepAlivePeriodInSeconds', 'Use `keep-alive` of the run.'],
  ['StoppingCondition', 'Use `max-runtime` and `max-wait`.'],
  ['EnableManagedSpotTraining', 'Use `spot` of the run.'],
  ['ServerlessJobConfig', 'Remove it: serverless training is not priced.'],
];

/** Everything that is known to be wrong with a request before it is sent. */
export function checkRequest(request: TrainingJobRequest): Problem[] {
  return [
    ...checkMembers(CreateTrainingJobRequest$, request.overrides, root),
    ...checkOwn(request),
    ...checkType(request),
    ...checkSizes(request),
  ];
}

function checkOwn({ overrides }: TrainingJobRequest): Problem[] {
  return own
    .filter(([path]) => hasMember(overrides, path.split('.')))
    .map(([path, fix]) => ({ name: `${root}.${path}`, message: 'is decided elsewhere and cannot be overridden', fix }));
}

/** Whether a tree of members has one at this path. */
export function hasMember(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  return isMembers(value) && Object.hasOwn(value, name) && hasMember(value[name], rest);
}

/** A family nobody here has heard of may be new and is left to AWS; a size that a known family does not have is a mistake. */
export function checkType({ instanceType }: Pick<TrainingJobRequest, 'instanceType'>): Problem[] {
  const known: readonly string[] = Object.values(TrainingInstanceType);
  const family = instanceType.slice(0, instanceType.lastIndexOf('.') + 1);
  const wellFormed = /^ml\.[a-z0-9-]+\.[a-z0-9-]+$/.test(instanceType);
  if (
    known.includes(instanceType) ||
    (wellFormed && !known.some((type) => type.startsWith(family)) && !findNearest(instanceType, known))
  )
    return [];
  const nearest = known.find((type) => type === `ml.${instanceType}`) ?? findNearest(instanceType, known);
  const sizes = known.filter((type) => type.startsWith(family));
  const allowed = sizes.length > 0 ? `that family has ${sizes.join(', ')}` : 'a training type looks like ml.m5.xlarge';
  return [
    {
      name: 'instance-type',
      message: `"${instanceType}" is no instance type that SageMaker trains on; ${allowed}`,
      fix: nearest === undefined ? 'Name a training type, e.g. ml.m5.xlarge.' : `Write ${nearest}.`,
    },
  ];
}

/** Limits of CreateTrainingJob (botocore 1.43.11, sagemaker 2017-07-24; read 2026-11-21). */
export function checkSizes(
  request: Pick<TrainingJobRequest, 'hyperparameters' | 'environment' | 'channels' | 'metrics' | 'tags'>,
): Problem[] {
  const counts: [name: string, count: number, most: number][] = [
    ['hyperparameters', Object.keys(request.hyperparameters).length, 100],
    ['environment', Object.keys(request.environment).length, 100],
    ['data', request.channels.length, 20],
    ['metrics', request.metrics.length, 40],
    ['tags', Object.keys(request.tags).length, 50],
  ];
  const lengths: [name: string, text: string, most: number][] = [
    ...Object.entries(request.hyperparameters).map(([name, value]): [string, string, number] => [
      `hyperparameters.${name}`,
      value,
      2500,
    ]),
    ...Object.entries(request.environment).map(([name, value]): [string, string, number] => [`environment.${name}`, value, 512]),
    ...request.metrics.map(({ name, regex }): [string, string, number] => [`metrics.${name}`, regex, 500]),
  ];
  return [
    ...counts
      .filter(([, count, most]) => count > most)
      .map(([name, count, most]) => ({
        name,
        message: `has ${count} entries (ours included); AWS takes at most ${most}`,
        fix: 'Remove some.',
      })),
    ...lengths
      .filter(([, text, most]) => text.length > most)
      .map(([name, text, most]) => ({
        name,
        message: `has ${text.length} characters; AWS takes at most ${most}`,
        fix: 'Shorten it.',
      })),
  ];
}
