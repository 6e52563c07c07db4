import { describe, expect, test } from '@jest/globals';
import type { Settings } from '../../../src/actions/train-model/deps.ts';
import { run } from '../../../src/actions/train-model/run.ts';
import type { TuningRecord } from '../../../src/records/tuning-record.ts';
import { makeTuningRecord } from '../records/tuning-sample.ts';
import { createDeps, createWorld, settings, spec } from './world.ts';

const best = { name: 'dogs-0123456789-a1-003-00000003', hyperparameters: { rate: '0.31', 'batch-size': '064' }, objective: 0.1 };
const single: Settings = {
  ...settings,
  labels: ['single'],
  spec: {
    ...spec,
    hyperparameters: { epochs: '5', rate: '0.1' },
    train: {
      maxRuntimeSeconds: 60,
      runs: {
        single: {
          on: 'sagemaker',
          instanceTypes: ['ml.m5.xlarge'],
          instanceCount: 1,
          spot: false,
          hyperparameters: { rate: '0.2', 'batch-size': '8' },
        },
      },
    },
  },
};
const none = { epochs: '5', rate: '0.2', 'batch-size': '8' };
const tuned = { epochs: '5', rate: '0.31', 'batch-size': '064' };
const budget = { status: 'stopped', cause: 'budget', reason: 'it reached its budget' } as const;

/** What is trained with, and what the log says of it. */
async function train(searches: TuningRecord[], how: Settings = single) {
  const world = createWorld();
  world.searches.push(...searches);
  await run(how, [], [], createDeps(world));
  const said = world.lines.filter((line) => /Hyperparameters|The search/.test(line));
  return { used: [...world.records.values()][0]?.asked.hyperparameters, said };
}

describe('what a run is trained with', () => {
  test.each<[string, Partial<TuningRecord>, Record<string, string>]>([
    ['the best values of the run’s search', { best }, tuned],
    ['of one that was used again', { best, state: { status: 'reused', record: 'r', name: 'n', commit: 'c' } }, tuned],
    ['of one that was stopped at its budget', { best, state: budget }, tuned],
    ['not of a search of another run', { best, workflow: { ...makeTuningRecord().workflow, runId: '7' } }, none],
    ['not of another model', { best, spec: { name: 'cats', path: 'trainyard.yml' } }, none],
    ['not of another spec', { best, spec: { name: 'dogs', path: 'other.yml' } }, none],
    ['not of a rehearsal', { best, rehearsal: true }, none],
    ['not of one that failed', { best, state: { status: 'failed', reason: '', logTail: [] } }, none],
  ])('%s', async (_, more, used) => expect((await train([makeTuningRecord(more)])).used).toEqual(used));

  test('the newest search counts', async () => {
    const newer = { ...best, hyperparameters: { rate: '0.5' } };
    expect((await train([makeTuningRecord({ best }), makeTuningRecord({ best: newer })])).used).toEqual({ ...none, rate: '0.5' });
  });

  test('the input wins, and the log says both', async () => {
    const { used, said } = await train([makeTuningRecord({ best })], { ...single, hyperparameters: { rate: '0.9' } });
    expect(used).toEqual({ ...tuned, rate: '0.9' });
    expect(said).toEqual([
      'Hyperparameters: batch-size 064 from the search dogs-0123456789-a1 (dogs-0123456789-a1-003-00000003).',
      'Hyperparameters: rate from the input, not from the search dogs-0123456789-a1.',
    ]);
  });

  test('a search that is not over is warned of', async () => {
    const { said } = await train([makeTuningRecord({ state: { status: 'submitted' }, handedOver: true })]);
    expect(said).toEqual([
      "warning: The search dogs-0123456789-a1 of this run has no result (submitted): trains with the spec's hyperparameters.",
    ]);
  });
});
