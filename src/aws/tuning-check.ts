import { CreateHyperParameterTuningJobRequest$ } from '@aws-sdk/client-sagemaker';
import type { Problem } from '../action-error.ts';
import type { TuningJobRequest } from '../training/ports.ts';
import { checkMembers } from './check-members.ts';
import { checkSizes, checkType, hasMember } from './check-request.ts';
import { quote } from './tuning-request.ts';

const root = 'request.tuning-job';
const config = 'HyperParameterTuningJobConfig';
const trial = 'TrainingJobDefinition';

/** Members that decide what a search is called, may do, costs, or where it writes: records would say something else than is true. */
const own: readonly (readonly [path: string, fix: string])[] = [
  ['HyperParameterTuningJobName', 'Remove it: the name is what finds a search again.'],
  ['Tags', 'Use `tags` of trainyard.yml.'],
  ['TrainingJobDefinitions', 'Remove it: one definition is priced and recorded.'],
  ['WarmStartConfig', 'Use `tune.warm-start`.'],
  ['Autotune', 'Remove it: ranges and strategy are those of trainyard.yml.'],
  [`${config}.Strategy`, 'Use `tune.strategy`.'],
  [`${config}.HyperParameterTuningJobObjective`, 'Use `tune.objective`.'],
  [`${config}.ResourceLimits`, 'Use `tune.max-jobs`, `tune.max-parallel-jobs` and `budget`.'],
  [`${config}.ParameterRanges`, 'Use `tune.ranges`.'],
  [`${config}.TrainingJobEarlyStoppingType`, 'Use `tune.early-stopping`.'],
  [`${trial}.HyperParameterRanges`, 'Use `tune.ranges`.'],
  [`${trial}.TuningObjective`, 'Use `tune.objective`.'],
  [`${trial}.StaticHyperParameters`, 'Use `hyperparameters`.'],
  [`${trial}.AlgorithmSpecification`, 'Use `image`, `code.entry-point` and `metrics`.'],
  [`${trial}.RoleArn`, 'Use `roles.training`.'],
  [`${trial}.InputDataConfig`, 'Use `data`.'],
  [`${trial}.VpcConfig`, 'Use `network`.'],
  [`${trial}.OutputDataConfig.S3OutputPath`, 'Remove it: models are written below the prefix of their trust zone.'],
  [`${trial}.ResourceConfig`, 'Use `tune.instance-type`, `tune.instance-count` and `volume-gb`.'],
  [`${trial}.HyperParameterTuningResourceConfig`, 'Use `tune.instance-type`.'],
  [`${trial}.StoppingCondition`, 'Use `tune.max-runtime`.'],
  [`${trial}.EnableManagedSpotTraining`, 'Remove it: trials on spare capacity are not priced.'],
  [`${trial}.Environment`, 'Use `environment`.'],
];

/** A value of a list, as the service counts it: with its quotes. */
const longestValue = 256;

/** Everything that is known to be wrong with a search before it is sent. */
export function checkTuningRequest(request: TuningJobRequest): Problem[] {
  const { trial: each, tags, overrides } = request;
  return [
    ...checkMembers(CreateHyperParameterTuningJobRequest$, overrides, root),
    ...own
      .filter(([path]) => hasMember(overrides, path.split('.')))
      .map(([path, fix]) => ({ name: `${root}.${path}`, message: 'is decided elsewhere and cannot be overridden', fix })),
    ...checkType(each).map((problem) => Object.assign(problem, { name: 'tune.instance-type' })),
    ...checkSizes({ ...each, tags }),
    ...checkValues(request),
  ];
}

/** A limit of CreateHyperParameterTuningJob (botocore 1.43.11, sagemaker 2017-07-24; read 2026-11-22). */
function checkValues({ ranges }: TuningJobRequest): Problem[] {
  return Object.entries(ranges)
    .filter(([, range]) => range.kind === 'categorical' && range.values.some((value) => quote(value).length > longestValue))
    .map(([name]) => ({
      name: `tune.ranges.${name}`,
      message: `has a value that is too long: AWS takes ${longestValue} characters, two of them quotes`,
      fix: 'Shorten it.',
    }));
}
