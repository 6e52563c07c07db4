import { expect, test } from '@jest/globals';
import { annotations, stable } from '../support/stable.ts';
import { type Tune, tuning } from '../support/tuning.ts';
import { inWorld, weathers } from '../support/world.ts';

const action = 'tune-model';
const writes = new Set(['PutObject', 'CreateHyperParameterTuningJob', 'CreateTrainingJob', 'AddTags', 'DeleteObject']);
const search = (lines: Tune['tune']): Tune => ({ tune: lines ?? {} });

/** What is wrong, the project that is, and the inputs that are: known from what is read, before AWS is asked for anything. */
const written: [name: string, changes: Tune, inputs: Record<string, string>][] = [
  ['an objective that is no metric', search({ objective: 'minimize tset-loss' }), {}],
  ['an objective without a goal', search({ objective: 'test-loss' }), {}],
  ['ranges that are none', search({ ranges: '{ learning-rate: { min: 0.1, max: 0.01 } }' }), {}],
  ['a logarithmic range that begins at 0', search({ ranges: '{ learning-rate: { min: 0, max: 1, scale: log } }' }), {}],
  ['more trials at once than in all', search({ 'max-parallel-jobs': '5' }), {}],
  ['a grid of numbers', search({ strategy: 'grid' }), {}],
  [
    'a grid larger than max-jobs',
    search({ strategy: 'grid', ranges: '{ batch-size: [1, 2, 3], learning-rate: [0.1, 0.2] }' }),
    {},
  ],
  ['hyperband with early stopping', search({ strategy: 'hyperband', 'early-stopping': 'true' }), {}],
  ['an instance type that SageMaker does not train on', search({ 'instance-type': 'ml.m5.gigantic' }), {}],
  ['several mistakes at once', search({ objective: 'minimise test-loss', 'max-jobs': '0', 'instance-type': null }), {}],
  ['an input that sets what is varied', {}, { hyperparameters: 'learning-rate: 0.1' }],
];

/** The same of what AWS is asked for first. */
const asked: typeof written = [
  ['a trial above the budget', { more: 'budget: { per-run: 0.01 }\n' }, {}],
  ['a trial above what is left of the pull request', { more: 'budget: { per-pull-request: 0.01 }\n' }, {}],
  ['a trial above the input max-cost-usd', {}, { 'max-cost-usd': '0.001' }],
  [
    'an unknown price under a budget',
    { ...search({ 'instance-type': 'ml.trn1.32xlarge' }), more: 'budget: { per-run: 5 }\n' },
    {},
  ],
  ['an override of what is decided elsewhere', { more: 'request: { tuning-job: { WarmStartConfig: {}, RandomSeed: 1 } }\n' }, {}],
];

const refusals = [
  ...written.map(([name, changes, inputs]) => ['calm', name, changes, inputs] as const),
  ...weathers.flatMap((weather) => asked.map(([name, changes, inputs]) => [weather, name, changes, inputs] as const)),
];

test.concurrent.each(refusals)('refused before anything is written, in %s weather: %s', (weather, _name, changes, inputs) =>
  inWorld(weather, {}, async ({ cloud, job, project }) => {
    const step = job({ project: project(tuning(changes)) });
    const main = await step.step(action, inputs).done;
    expect(main.exitCode).toBe(1);
    const said = annotations(main.log).map(({ level, properties, message }) => `${level} ${properties}\n${message}`);
    expect(stable(said.join('\n\n'))).toMatchSnapshot();
    expect((await step.afterStep(action, main, inputs).done).exitCode).toBe(0);
    expect((await cloud.journal()).filter(({ operation }) => writes.has(operation))).toEqual([]);
  }),
);

test.concurrent('a spec without tune has nothing to search', () =>
  inWorld('calm', {}, async ({ job }) => {
    const main = await job().step(action).done;
    expect(main.exitCode).toBe(1);
    expect(annotations(main.log).map(({ message }) => message)).toMatchSnapshot();
  }));
