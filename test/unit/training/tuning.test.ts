import { describe, expect, test } from '@jest/globals';
import type { Price } from '../../../src/records/record.ts';
import type { TuneSpec } from '../../../src/spec/spec.ts';
import { getSpending } from '../../../src/training/cost.ts';
import { describeValues, toTypedValue } from '../../../src/training/hyperparameters.ts';
import { getJobName, getTuningBaseName, isJobOf } from '../../../src/training/identity.ts';
import type { PlanBasis } from '../../../src/training/plan.ts';
import type { TrainingJob, TuningJob, TuningTrial } from '../../../src/training/ports.ts';
import { countTrials, planSearch } from '../../../src/training/tuning-plan.ts';
import { applySearch, budgetReason, findBest, judgeSearch } from '../../../src/training/tuning-results.ts';
import { makeTuningRecord } from '../records/tuning-sample.ts';
import { context } from '../train-model/world.ts';
import { settings, spec, tune } from '../tune-model/world.ts';

const price: Price = { kind: 'known', usdPerHour: 3.6, source: 'table', quality: 'observed', date: '2026-09-28' };
const basis: PlanBasis = {
  ...settings,
  spec,
  zone: { kind: 'main' },
  entryPoint: 'train.py',
  code: { hash: 'a', uri: 's3://models/trainyard/main/code/a/' },
  data: { training: { hash: 'd', uri: 's3://models/dogs/' } },
  hyperparameters: {},
};
const plan = (more: Partial<TuneSpec> = {}, of: Partial<PlanBasis> = {}) =>
  planSearch({ ...basis, ...of }, { ...tune, ...more }, 'dogs-0123456789', price);

const base = (specName: string) => getTuningBaseName({ specName, specPath: 'trainyard.yml', context });

describe('the name of a search', () => {
  test.each(['d', 'dogs', 'dog-breeds-of-1', 'a'.repeat(17), 'a'.repeat(20)])('of %s fits with its suffix', (specName) => {
    const name = getJobName(base(specName), 99);
    expect(name.length).toBeLessThanOrEqual(32);
    // Roles are allowed what begins with the model's name.
    expect(name).toMatch(new RegExp(`^${specName}-[0-9a-f]{7,10}-a99$`));
    expect(isJobOf(base(specName), name)).toBe(true);
  });

  test('is another in another run, step or leg of a matrix', () => {
    const names = [{}, { runId: '2' }, { step: 'x' }, { matrix: '{"a":1}' }].map((more) =>
      getTuningBaseName({
        specName: 'dogs',
        specPath: 'trainyard.yml',
        context: { ...context, workflow: { ...context.workflow, ...more } },
      }),
    );
    expect(new Set(names).size).toBe(4);
  });
});

describe('a plan', () => {
  test('varies what ranges vary, and fixes the rest', () => {
    expect(plan({}, { hyperparameters: { epochs: '7' } }).asked.hyperparameters).toEqual({ epochs: '7' });
  });

  test('can cost what all its trials can', () => {
    const { trialCeilingUsd = 0, asked } = plan();
    expect(trialCeilingUsd).toBeGreaterThan(3.72);
    expect(asked.ceilingUsd).toBeCloseTo(4 * trialCeilingUsd, 12);
  });

  test('of a grid has all combinations', () => {
    const ranges: TuneSpec['ranges'] = {
      a: { kind: 'categorical', values: ['1', '2', '3'] },
      b: { kind: 'categorical', values: ['x', 'y'] },
    };
    expect(countTrials({ ...tune, strategy: 'grid', ranges, maxJobs: 2 })).toBe(6);
    expect(plan({ strategy: 'grid', ranges }).asked.maxJobs).toBe(6);
  });

  test.each<[string, Partial<TuneSpec>, Partial<PlanBasis>]>([
    ['another range', { ranges: { 'learning-rate': { kind: 'continuous', min: 0.01, max: 0.1, scale: 'log' } } }, {}],
    ['another goal', { objective: { goal: 'maximize', metric: 'test-loss' } }, {}],
    ['another strategy', { strategy: 'random' }, {}],
    ['more trials', { maxJobs: 5 }, {}],
    ['another machine', { instanceType: 'ml.m5.large' }, {}],
    ['early stopping', { earlyStopping: true }, {}],
    ['other code', {}, { code: { hash: 'b', uri: 's3://x/' } }],
    ['a fixed hyperparameter', {}, { hyperparameters: { epochs: '9' } }],
  ])('has another fingerprint with %s', (_, more, of) => {
    expect(plan(more, of).fingerprint).not.toBe(plan().fingerprint);
  });

  test('has the same one for another value of what is varied anyway', () => {
    const other = { ...spec, hyperparameters: { ...spec.hyperparameters, 'batch-size': '128' } };
    expect(plan({}, { spec: other }).fingerprint).toBe(plan().fingerprint);
  });
});

const job = (more: Partial<TuningJob> = {}): TuningJob => ({
  name: 'dogs-0123456789-a1',
  arn: 'arn:1',
  status: 'Completed',
  created: new Date('2026-03-01T10:00:00Z'),
  ended: new Date('2026-03-01T11:00:00Z'),
  counts: { completed: 0, inProgress: 0, failed: 0, stopped: 0 },
  ...more,
});
const trial = (number: number, objective: number | undefined, more: Partial<TrainingJob> = {}): TuningTrial => ({
  name: `trial-${number}`,
  hyperparameters: { rate: String(number) },
  ...(objective === undefined ? {} : { objective }),
  job: {
    name: `trial-${number}`,
    arn: 'arn',
    status: 'Completed',
    secondaryStatus: 'Completed',
    created: new Date('2026-03-01T10:00:00Z'),
    trainingStarted: new Date('2026-03-01T10:01:00Z'),
    trainingEnded: new Date('2026-03-01T10:02:00Z'),
    transitions: [],
    billableSeconds: 100,
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    metrics: [],
    ...more,
  },
});
const now = new Date('2026-03-01T12:00:00Z');
const record = makeTuningRecord({ price });

describe('the best trial', () => {
  const trials = [trial(1, 0.5), trial(2, 0.1, { status: 'Failed' }), trial(3, 0.3), trial(4, undefined)];

  test.each<[string, 'minimize' | 'maximize', string | undefined, string]>([
    ['the lowest that completed', 'minimize', undefined, 'trial-3'],
    ['the highest', 'maximize', undefined, 'trial-1'],
    ['the one the service says', 'minimize', 'trial-1', 'trial-1'],
    ['not one the service says and nobody measured', 'minimize', 'trial-4', 'trial-3'],
  ])('is %s', (_, goal, chosen, name) => expect(findBest(goal, chosen, trials)?.name).toBe(name));

  test('is none without a value', () => expect(findBest('minimize', 'trial-4', [trial(4, undefined)])).toBeUndefined());
});

describe('what a search cost', () => {
  test('is the sum of its trials, once it has ended', () => {
    const trials = [trial(1, 1), trial(2, 2, { instanceCount: 2 })];
    expect(applySearch(record, job(), trials, now).costUsd).toBeCloseTo(0.3, 12);
    expect(applySearch(record, job({ status: 'InProgress' }), trials, now)).not.toHaveProperty('costUsd');
  });

  test('is unknown, not $0, while one of them is', () => {
    const { billableSeconds: _, ...unbilled } = trial(2, 2).job;
    const trials = [trial(1, 1), { ...trial(2, 2), job: unbilled }];
    const applied = applySearch(record, job(), trials, now);
    expect(applied).not.toHaveProperty('costUsd');
    expect(applied.trials[1]).not.toHaveProperty('costUsd');
  });

  test('is nothing for a trial whose machines never came', () => {
    const { billableSeconds: _, trainingStarted: __, ...never } = trial(1, undefined, { status: 'Stopped' }).job;
    expect(applySearch(record, job(), [{ ...trial(1, undefined), job: never }], now).trials[0]?.costUsd).toBe(0);
  });
});

describe('a stopped trial', () => {
  const stopped = [trial(1, 0.9, { status: 'Stopped', secondaryStatus: 'Stopped' })];
  const asked = { ...record.asked, earlyStopping: true };

  test('was ended early by a search that does so', () => {
    expect(applySearch({ ...record, asked }, job(), stopped, now).trials[0]?.endedEarly).toBe(true);
    expect(applySearch(record, job(), stopped, now).trials[0]).not.toHaveProperty('endedEarly');
  });

  test('was not when the whole search was stopped before, or its time was over', () => {
    const state = { status: 'stop-requested', at: '2026-03-01T10:01:30.000Z', why: budgetReason } as const;
    expect(applySearch({ ...record, asked, state }, job(), stopped, now).trials[0]).not.toHaveProperty('endedEarly');
    const late = [trial(1, 0.9, { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' })];
    expect(applySearch({ ...record, asked }, job(), late, now).trials[0]).not.toHaveProperty('endedEarly');
  });
});

const stopping = (why: string) => ({ status: 'stop-requested', at: now.toISOString(), why }) as const;

describe('how a search stands when it has ended', () => {
  const best = { name: 'trial-1', hyperparameters: {}, objective: 1 };

  test.each<[string, Partial<typeof record>, Partial<TuningJob>, object]>([
    ['completed', { best }, {}, { status: 'completed' }],
    ['without a result', {}, {}, { status: 'failed' }],
    ['failed', { best }, { status: 'Failed', failureReason: 'why' }, { status: 'failed', reason: 'why', logTail: ['last'] }],
    ['at its budget', { best, state: stopping(budgetReason) }, { status: 'Stopped' }, { status: 'stopped', cause: 'budget' }],
    ['cancelled', { state: stopping('cancel') }, { status: 'Stopped' }, { status: 'stopped', cause: 'cancelled' }],
    ['stopped by others', {}, { status: 'Stopped' }, { status: 'stopped', cause: 'elsewhere' }],
    [
      'ended by its time limit',
      { asked: { ...record.asked, maxSearchSeconds: 3600 } },
      { status: 'Stopped' },
      { status: 'stopped', cause: 'budget' },
    ],
  ])('%s', (_, of, more, state) => {
    expect(judgeSearch({ ...record, ...of }, job(more), ['last'])).toMatchObject(state);
  });
});

describe('values', () => {
  test.each<[string, 'continuous' | 'integer' | 'categorical' | undefined, unknown]>([
    ['0.031', 'continuous', 0.031],
    ['64', 'integer', 64],
    ['64', 'categorical', 64],
    ['0.10', 'categorical', 0.1],
    ['1e-7', 'categorical', 1e-7],
    ['true', 'categorical', true],
    ['adam', 'categorical', 'adam'],
    ['032', 'categorical', '032'],
    ['', 'categorical', ''],
    ['1e999', 'categorical', '1e999'],
  ])('%j of a %s range is %j', (text, kind, value) => expect(toTypedValue(text, kind)).toBe(value));

  test('are cut for the eye where they are long fractions', () => {
    expect(describeValues({ rate: '0.0248897164806334', size: '64', name: 'adam' })).toBe('rate 0.02489, size 64, name adam');
  });
});

describe('what a pull request spends', () => {
  test('counts searches: what ended by its cost, what runs by its budget', () => {
    const asked = { ...record.asked, ceilingUsd: 9 };
    const searches = [
      makeTuningRecord({ costUsd: 1 }),
      makeTuningRecord({ state: { status: 'submitted' }, asked: { ...asked, stopAtUsd: 2 } }),
      makeTuningRecord({ state: { status: 'submitted' }, asked: { ...asked, stopAtUsd: 20 } }),
      makeTuningRecord({ name: 'unknown-a1', state: { status: 'stopped', cause: 'cancelled', reason: 'x' } }),
    ];
    expect(getSpending(searches, false)).toEqual({ spentUsd: 1, committedUsd: 11, unknown: ['unknown-a1'] });
  });
});
