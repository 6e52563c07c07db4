import type {
  CreateHyperParameterTuningJobRequest,
  HyperParameterTrainingJobDefinition,
  HyperParameterTuningJobConfig,
  ParameterRanges,
} from '@aws-sdk/client-sagemaker';
import type { Range } from '../spec/spec.ts';
import type { TrialRequest, TuningJobRequest } from '../training/ports.ts';
import { localDisks } from './local-disks.ts';
import { mergeMembers } from './merge-members.ts';
import { toChannel } from './training-request.ts';

const strategies = { bayesian: 'Bayesian', random: 'Random', grid: 'Grid', hyperband: 'Hyperband' } as const;
const scales = { auto: 'Auto', linear: 'Linear', log: 'Logarithmic', 'reverse-log': 'ReverseLogarithmic' } as const;
const goals = { minimize: 'Minimize', maximize: 'Maximize' } as const;

/** SageMaker's request for a search of ours, with `request.tuning-job` merged over it. */
export function toTuningRequest(request: TuningJobRequest): CreateHyperParameterTuningJobRequest {
  return mergeMembers(buildRequest(request), request.overrides);
}

function buildRequest(request: TuningJobRequest): CreateHyperParameterTuningJobRequest {
  const { name, warmStart, trial, tags } = request;
  return {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobConfig: toConfig(request),
    TrainingJobDefinition: toDefinition(trial),
    ...(warmStart.length > 0
      ? {
          WarmStartConfig: {
            ParentHyperParameterTuningJobs: warmStart.map((parent) => ({ HyperParameterTuningJobName: parent })),
            WarmStartType: 'TransferLearning',
          },
        }
      : {}),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function toConfig(request: TuningJobRequest): HyperParameterTuningJobConfig {
  const { objective, strategy, maxJobs, maxParallelJobs, earlyStopping, maxSearchSeconds } = request;
  return {
    Strategy: strategies[strategy],
    HyperParameterTuningJobObjective: { Type: goals[objective.goal], MetricName: objective.metric },
    ResourceLimits: {
      // A grid's number is that of its combinations; the service counts them itself.
      ...(strategy === 'grid' ? {} : { MaxNumberOfTrainingJobs: maxJobs }),
      MaxParallelTrainingJobs: maxParallelJobs,
      ...(maxSearchSeconds === undefined ? {} : { MaxRuntimeInSeconds: maxSearchSeconds }),
    },
    ParameterRanges: toRanges(request.ranges),
    TrainingJobEarlyStoppingType: earlyStopping ? 'Auto' : 'Off',
  };
}

function toRanges(ranges: TuningJobRequest['ranges']): ParameterRanges {
  const all = Object.entries(ranges);
  const numeric = (kind: 'continuous' | 'integer') =>
    all.flatMap(([Name, range]) => (range.kind === kind ? [{ Name, ...toBounds(range) }] : []));
  const categories = all.flatMap(([Name, range]) =>
    range.kind === 'categorical' ? [{ Name, Values: range.values.map(quote) }] : [],
  );
  const [continuous, integer] = [numeric('continuous'), numeric('integer')];
  return {
    ...(continuous.length > 0 ? { ContinuousParameterRanges: continuous } : {}),
    ...(integer.length > 0 ? { IntegerParameterRanges: integer } : {}),
    ...(categories.length > 0 ? { CategoricalParameterRanges: categories } : {}),
  };
}

function toBounds({ min, max, scale }: Exclude<Range, { kind: 'categorical' }>) {
  return { MinValue: toPlainNumber(min), MaxValue: toPlainNumber(max), ScalingType: scales[scale] };
}

/** 1e-7 as 0.0000001. */
function toPlainNumber(value: number): string {
  return value.toLocaleString('en-US', { useGrouping: false, maximumSignificantDigits: 17 });
}

/** Script mode reads every value as JSON: in quotes a text reaches the script as it was written, `0.10` as `0.10`. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

/** What the service says a value is, without such quotes. */
export function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : value;
  } catch {
    return value;
  }
}

function toDefinition(trial: TrialRequest): HyperParameterTrainingJobDefinition {
  const { network, kmsKey, script } = trial;
  const values = { ...trial.hyperparameters, sagemaker_program: script.entryPoint, sagemaker_submit_directory: script.archive };
  return {
    StaticHyperParameters: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, quote(value)])),
    AlgorithmSpecification: {
      TrainingImage: trial.image,
      TrainingInputMode: 'File',
      MetricDefinitions: trial.metrics.map((metric) => ({ Name: metric.name, Regex: metric.regex })),
    },
    RoleArn: trial.roleArn,
    InputDataConfig: trial.channels.map(toChannel),
    OutputDataConfig: { S3OutputPath: trial.outputS3Uri, ...(kmsKey === undefined ? {} : { KmsKeyId: kmsKey }) },
    ResourceConfig: toResources(trial),
    StoppingCondition: { MaxRuntimeInSeconds: trial.maxRuntimeSeconds },
    EnableManagedSpotTraining: false,
    EnableNetworkIsolation: network.isolation,
    ...(network.subnets.length > 0
      ? { VpcConfig: { Subnets: [...network.subnets], SecurityGroupIds: [...network.securityGroups] } }
      : {}),
    Environment: { ...trial.environment },
  };
}

function toResources({ instanceType, instanceCount, volumeGb, kmsKey }: TrialRequest) {
  return {
    // The service, not this list, decides which types exist: it may be newer.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    InstanceType: instanceType as NonNullable<HyperParameterTrainingJobDefinition['ResourceConfig']>['InstanceType'],
    InstanceCount: instanceCount,
    VolumeSizeInGB: volumeGb,
    ...(kmsKey === undefined || localDisks.test(instanceType) ? {} : { VolumeKmsKeyId: kmsKey }),
  };
}
