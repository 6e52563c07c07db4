import { describe, expect, test } from '@jest/globals';
import type { HyperParameterTuningInstanceConfig, ParameterRanges } from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../../src/cloud/contract.ts';
import { readPlan } from '../../../src/cloud/services/sagemaker/tuning/read-plan.ts';
import { createTrialRequest } from '../../../src/cloud/services/sagemaker/tuning/trial-request.ts';
import { type Asked, requestOf } from './local-tuning.ts';

const read = (asked: Asked = {}) =>
  readPlan(requestOf('search', asked), () => {
    throw new Error('There are no parents here.');
  });
const ranges = (ParameterRanges: ParameterRanges): Asked => ({ config: { ParameterRanges } });
const numbers = (MinValue: string, MaxValue: string, more: object = {}) => [{ Name: 'x', MinValue, MaxValue, ...more }];
const limits = (MaxNumberOfTrainingJobs: number | undefined, MaxParallelTrainingJobs: number) => ({
  ResourceLimits: { MaxNumberOfTrainingJobs, MaxParallelTrainingJobs },
});
const fixed = (StaticHyperParameters: Record<string, string>): Asked => ({ definition: { StaticHyperParameters } });
const kinds: ParameterRanges = {
  CategoricalParameterRanges: [
    { Name: 'a', Values: ['1', '2'] },
    { Name: 'b', Values: ['1', '2', '3'] },
  ],
};
const band = (MinResource: number | undefined, MaxResource: number | undefined): Asked => ({
  config: { Strategy: 'Hyperband', StrategyConfig: { HyperbandStrategyConfig: { MinResource, MaxResource } } },
});
const many = Array.from({ length: 31 }, (_, n) => ({ Name: `x${n}`, MinValue: '0', MaxValue: '1' }));
const other = { VolumeSizeInGB: 1, InstanceType: 'ml.m5.large', InstanceCount: 1 } as const;

describe('what is refused beyond the model', () => {
  test.each<[string, Asked, RegExp]>([
    ['no range', ranges({}), /at least one hyperparameter range/],
    ['too many ranges', ranges({ ContinuousParameterRanges: many }), /at most 30 hyperparameter ranges; there are 31/],
    [
      'two ranges of one name',
      ranges({ ...kinds, IntegerParameterRanges: [{ Name: 'a', MinValue: '1', MaxValue: '2' }] }),
      /a has more than one range/,
    ],
    ['a name that is static, too', fixed({ x: '1' }), /x is both static and tunable/],
    ['a reserved name', fixed({ _tuning_objective_metric: 'loss' }), /_tuning_objective_metric is reserved/],
    [
      'an end that is no number',
      ranges({ ContinuousParameterRanges: numbers('low', '1') }),
      /The value low in the range of the hyperparameter x is not a number/,
    ],
    ['an empty end', ranges({ ContinuousParameterRanges: numbers('', '1') }), /is not a number/],
    ['an integer that is none', ranges({ IntegerParameterRanges: numbers('1.5', '3') }), /The value 1.5 .* is not an integer/],
    [
      'ends in the wrong order',
      ranges({ ContinuousParameterRanges: numbers('2', '1') }),
      /MinValue 2 .* is greater than its MaxValue 1/,
    ],
    [
      'a logarithm of 0',
      ranges({ ContinuousParameterRanges: numbers('0', '1', { ScalingType: 'Logarithmic' }) }),
      /only for ranges of values greater than 0/,
    ],
    [
      'a reverse logarithm of 1',
      ranges({ ContinuousParameterRanges: numbers('0', '1', { ScalingType: 'ReverseLogarithmic' }) }),
      /within 0 <= x < 1/,
    ],
    [
      'a reverse logarithm of integers',
      ranges({ IntegerParameterRanges: numbers('0', '0', { ScalingType: 'ReverseLogarithmic' }) }),
      /only for continuous ranges/,
    ],
    [
      'a category twice',
      ranges({ CategoricalParameterRanges: [{ Name: 'a', Values: ['1', '1'] }] }),
      /values of the categorical hyperparameter a are not unique/,
    ],
    ['ranges to be chosen', ranges({ AutoParameters: [{ Name: 'x', ValueHint: '1' }] }), /cannot choose ranges/],
    ['Autotune', { request: { Autotune: { Mode: 'Enabled' } } }, /has no Autotune/],
    [
      'an objective that is no metric',
      { config: { HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'error' } } },
      /^A metric is required for this hyperparameter tuning job objective\. Provide a metric in the metric definitions\.$/,
    ],
    [
      'more at once than in all',
      { config: limits(2, 3) },
      /MaxParallelTrainingJobs 3 must not be greater than MaxNumberOfTrainingJobs 2/,
    ],
    ['a grid of numbers', { config: { Strategy: 'Grid' } }, /only with categorical hyperparameters/],
    [
      'a grid of another size',
      { config: { Strategy: 'Grid', ParameterRanges: kinds, ...limits(5, 2) } },
      /number of its combinations, 6, .* it is 5/,
    ],
    [
      'early stopping of Hyperband',
      { config: { Strategy: 'Hyperband', TrainingJobEarlyStoppingType: 'Auto' } },
      /must be Off with the strategy Hyperband/,
    ],
    ['Hyperband without a resource', { config: { Strategy: 'Hyperband' } }, /needs MaxResource .* epochs, numepochs/],
    ['Hyperband upside down', band(9, 9), /MinResource 9 to be less than MaxResource 9/],
    ['Hyperband without an end', band(1, 20_001), /at most 20000/],
    [
      'its configuration elsewhere',
      { config: { StrategyConfig: { HyperbandStrategyConfig: { MaxResource: 9 } } } },
      /only with the strategy Hyperband/,
    ],
    [
      'no instances',
      { definition: { ResourceConfig: undefined } },
      /either ResourceConfig or HyperParameterTuningResourceConfig/,
    ],
    [
      'instances twice',
      { definition: { HyperParameterTuningResourceConfig: other } },
      /either ResourceConfig or HyperParameterTuningResourceConfig/,
    ],
    [
      'no definition',
      { request: { TrainingJobDefinition: undefined } },
      /Specify either TrainingJobDefinition or TrainingJobDefinitions/,
    ],
  ])('%s', (_, asked, message) => {
    expect(() => read(asked)).toThrow(message);
    expect(() => read(asked)).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });

  test.each([
    [751, 1, /'Maximum number of training jobs per hyperparameter tuning job' is 750, with a request of 751/],
    [100, 11, /'Maximum number of parallel training jobs per hyperparameter tuning job' is 10, with a request of 11/],
  ])('%d trials, %d at once: limits of the account', (count, parallel, message) => {
    expect(() => read({ config: limits(count, parallel) })).toThrow(message);
    expect(() => read({ config: limits(count, parallel) })).toThrow(AwsError);
  });
});

describe('what is read', () => {
  test('a grid counts itself, and a search without a number ends at the limit of the account', () => {
    expect(read({ config: { Strategy: 'Grid', ParameterRanges: kinds, ...limits(undefined, 2) } }).maxJobs).toBe(6);
    expect(read({ config: limits(undefined, 2) }).maxJobs).toBe(750);
  });

  test.each([
    [{ epochs: '9' }, 9],
    [{ n_epochs: '"27"' }, 27],
  ])('Hyperband finds its resource in %j', (hyperparameters, resource) => {
    expect(read({ config: { Strategy: 'Hyperband' }, ...fixed(hyperparameters) })).toMatchObject({
      maxResource: resource,
      measuredBy: 'all',
    });
  });

  test('a trial is the definition with the values, the metric and the tags; of several instances the first', () => {
    const { TrainingJobDefinition: definition } = requestOf('search');
    const InstanceConfigs = [
      { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 5 },
      { InstanceType: 'ml.m4.xlarge', InstanceCount: 2, VolumeSizeInGB: 5 },
    ] satisfies HyperParameterTuningInstanceConfig[];
    const HyperParameterTuningResourceConfig = { InstanceConfigs, AllocationStrategy: 'Prioritized' as const };
    const asked: Asked = {
      definition: { ResourceConfig: undefined, HyperParameterTuningResourceConfig, Environment: { A: 'b' } },
    };
    const request = createTrialRequest(read(asked), {
      name: 'search-001-12345678',
      values: { x: '0.5' },
      tags: new Map([['run', '7']]),
    });
    expect(request).toEqual({
      TrainingJobName: 'search-001-12345678',
      AlgorithmSpecification: definition?.AlgorithmSpecification,
      RoleArn: definition?.RoleArn,
      OutputDataConfig: definition?.OutputDataConfig,
      StoppingCondition: definition?.StoppingCondition,
      Environment: { A: 'b' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 5 },
      HyperParameters: { ...definition?.StaticHyperParameters, x: '0.5', _tuning_objective_metric: 'loss' },
      Tags: [{ Key: 'run', Value: '7' }],
    });
  });
});
