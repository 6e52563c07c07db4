import type {
  CreateHyperParameterTuningJobRequest,
  HyperParameterTrainingJobDefinition,
  HyperParameterTuningJobConfig,
} from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../../contract.ts';
import { countCombinations } from './grid.ts';
import { readSpace } from './read-space.ts';
import { refuse } from './refuse.ts';
import type { Space } from './space.ts';
import { createRungRule, stopBehindMedian } from './stop-rules.ts';
import type { TuningJob, TuningPlan } from './tuning-job.ts';
import { findParents, gatherKnown } from './warm-start.ts';

/** Of one tuning job, as accounts have them at first. */
const defaultMostJobs = 750;
const defaultMostParallel = 10;
/** Where Hyperband looks for its resource when it is not told. */
const epochNames = ['epochs', 'numepochs', 'n-epochs', 'n_epochs', 'num_epochs'];
const mostResource = 20_000;

/** Reads what a tuning job shall do. @throws ValidationException for what the service refuses beyond its model, or the local cloud cannot do */
export function readPlan(request: CreateHyperParameterTuningJobRequest, get: (name: string) => TuningJob): TuningPlan {
  if (request.Autotune) refuse('The local cloud has no Autotune. Give every hyperparameter a range.');
  const config = request.HyperParameterTuningJobConfig;
  if (!config) throw new Error('A request without its configuration passed the check of the model.');
  const definition = findDefinition(request);
  const objective = readObjective(config, definition);
  const fixed = definition.StaticHyperParameters ?? {};
  const space = readSpace(config.ParameterRanges ?? definition.HyperParameterRanges, Object.keys(fixed));
  const strategy = config.Strategy ?? 'Bayesian';
  const limits = readLimits(config, space);
  const parents = findParents(request, { definition, space, objective }, get);
  const known = gatherKnown(parents, space);
  return { strategy, definition, space, objective, ...limits, ...readStopRule(config, fixed), parents, known };
}

function findDefinition(request: CreateHyperParameterTuningJobRequest): HyperParameterTrainingJobDefinition {
  const { TrainingJobDefinition: one, TrainingJobDefinitions: several = [] } = request;
  const definition = one ?? several[0];
  if (!definition || (one && several.length > 0))
    return refuse('Specify either TrainingJobDefinition or TrainingJobDefinitions, and not both.');
  if (several.length > 1) refuse('The local cloud executes tuning jobs of one training job definition; there are several.');
  if (Boolean(definition.ResourceConfig) === Boolean(definition.HyperParameterTuningResourceConfig))
    refuse('Specify either ResourceConfig or HyperParameterTuningResourceConfig, and not both.');
  return definition;
}

function readObjective(config: HyperParameterTuningJobConfig, definition: HyperParameterTrainingJobDefinition) {
  const { MetricName: metric, Type: goal } = config.HyperParameterTuningJobObjective ?? definition.TuningObjective ?? {};
  const defined = definition.AlgorithmSpecification?.MetricDefinitions ?? [];
  if (metric === undefined || goal === undefined || !defined.some(({ Name }) => Name === metric))
    return refuse(
      'A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions.',
    );
  return { metric, goal };
}

function readLimits({ Strategy: strategy, ResourceLimits: limits }: HyperParameterTuningJobConfig, space: Space) {
  const asked = limits?.MaxNumberOfTrainingJobs;
  const combinations = countCombinations(space);
  if (strategy === 'Grid' && combinations === Infinity) refuse('Grid search is possible only with categorical hyperparameters.');
  if (strategy === 'Grid' && asked !== undefined && asked !== combinations)
    refuse(
      `MaxNumberOfTrainingJobs of a grid search must be the number of its combinations, ${combinations}, or be left out; it is ${asked}.`,
    );
  const maxJobs = asked ?? (strategy === 'Grid' ? combinations : defaultMostJobs);
  const maxParallel = limits?.MaxParallelTrainingJobs ?? 1;
  if (maxParallel > maxJobs)
    refuse(`MaxParallelTrainingJobs ${maxParallel} must not be greater than MaxNumberOfTrainingJobs ${maxJobs}.`);
  checkLimit('Maximum number of training jobs per hyperparameter tuning job', defaultMostJobs, maxJobs);
  checkLimit('Maximum number of parallel training jobs per hyperparameter tuning job', defaultMostParallel, maxParallel);
  return { maxJobs, maxParallel };
}

function checkLimit(quota: string, most: number, asked: number): void {
  if (asked <= most) return;
  throw new AwsError(
    'ResourceLimitExceeded',
    `The account-level service limit '${quota}' is ${most}, with a request of ${asked}. Please use AWS Service Quotas to request an increase for this quota.`,
  );
}

/** How trials are ended early. */
function readStopRule(
  config: HyperParameterTuningJobConfig,
  fixed: Readonly<Record<string, string>>,
): Pick<TuningPlan, 'stopRule' | 'measuredBy' | 'maxResource'> {
  const early = config.TrainingJobEarlyStoppingType === 'Auto';
  const { HyperbandStrategyConfig: band } = config.StrategyConfig ?? {};
  if (config.Strategy !== 'Hyperband') {
    if (band) refuse('HyperbandStrategyConfig must be provided only with the strategy Hyperband.');
    return early ? { stopRule: stopBehindMedian, measuredBy: 'completed' } : { measuredBy: 'completed' };
  }
  if (early) refuse('TrainingJobEarlyStoppingType must be Off with the strategy Hyperband, which stops training jobs by itself.');
  const max = band?.MaxResource ?? readEpochs(epochNames.map((name) => fixed[name]).find((text) => text !== undefined));
  if (max === undefined)
    return refuse(
      `Hyperband needs MaxResource in HyperbandStrategyConfig, or one of the static hyperparameters ${epochNames.join(', ')}.`,
    );
  const min = band?.MinResource ?? 1;
  if (max > mostResource || min >= max)
    refuse(`Hyperband needs MinResource ${min} to be less than MaxResource ${max}, and that to be at most ${mostResource}.`);
  return { stopRule: createRungRule(min, max), measuredBy: 'all', maxResource: max };
}

/** A positive integer, JSON-quoted or not. */
function readEpochs(text = ''): number | undefined {
  const value = Number(text.replace(/^"(.*)"$/, '$1'));
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
