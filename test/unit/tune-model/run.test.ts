import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import { endSearch } from '../../../src/actions/tune-model/end-search.ts';
import type { Settings } from '../../../src/actions/tune-model/deps.ts';
import { run } from '../../../src/actions/tune-model/run.ts';
import { findState } from '../../../src/actions/jobs/state.ts';
import { isFinal } from '../../../src/records/record.ts';
import { tuningRecord } from '../../../src/records/tuning-record.ts';
import { getTuningBaseName } from '../../../src/training/identity.ts';
import { context } from '../train-model/world.ts';
import { createDeps, createWorld, only, settings, spec, tune, type World } from './world.ts';

const base = getTuningBaseName({ specName: 'dogs', specPath: 'trainyard.yml', context });
const later = { context: { ...context, workflow: { ...context.workflow, runId: '1002' } } };

async function fail(world: World, how: Settings = settings, more = {}): Promise<ActionError> {
  const error: unknown = await run(how, [], createDeps(world, more)).then(
    () => new Error('The search should have failed.'),
    (cause: unknown) => cause,
  );
  if (error instanceof ActionError) return error;
  throw error;
}

describe('a first search', () => {
  test('records its trials and what they cost, and hands the best values on with their types', async () => {
    const world = createWorld();
    world.trial = (number) => ({ seconds: [1072, 1163, 10, 20][number - 1] ?? 0, objective: [0.5, 0.2, 0.4, 0.3][number - 1] });
    await run(settings, [], createDeps(world));
    const record = tuningRecord.parse(only(world));
    expect(record).toMatchObject({ state: { status: 'completed' }, best: { name: `${base}-a1-002-00000002`, objective: 0.2 } });
    expect(record.costUsd).toBeCloseTo(((1072 + 1163 + 30) * 0.23) / 3600, 12);
    expect(Object.fromEntries(world.outputs)).toEqual({
      job: `${base}-a1`,
      status: 'completed',
      'best-hyperparameters': '{"learning-rate":0.02,"batch-size":64}',
      'best-job': `${base}-a1-002-00000002`,
      'best-objective': '0.2',
      model: `s3://models/jobs/${base}-a1-002-00000002/output/model.tar.gz`,
      'cost-usd': String(Number((record.costUsd ?? 0).toFixed(6))),
    });
    expect(world.lines).toContain(
      'tune: trial 2 of 4 completed after 19 m 23 s, test-loss 0.2, learning-rate 0.02, batch-size 64 ← best so far',
    );
  });

  test('costs what the reference searches cost: 1,072 s and 1,163 s of ml.m5.xlarge are $0.1428', async () => {
    const world = createWorld();
    world.trial = (number) => ({ seconds: number === 1 ? 1072 : 1163, objective: number });
    const two = { ...tune, maxJobs: 2 };
    await run({ ...settings, tune: two, spec: { ...spec, tune: two } }, [], createDeps(world));
    expect(only(world).costUsd?.toFixed(4)).toBe('0.1428');
    expect(world.lines.at(-1)).toContain('$0.1428');
  });

  test('asks for what the spec says, varied values apart, tagged as ours', async () => {
    const world = createWorld();
    await run(settings, [], createDeps(world));
    expect(world.tunings.get(`${base}-a1`)?.request).toMatchObject({
      maxJobs: 4,
      maxParallelJobs: 2,
      trial: {
        hyperparameters: { epochs: '5' },
        script: { archive: '/opt/ml/input/data/code/code.tar.gz', entryPoint: 'train.py' },
        outputS3Uri: 's3://models/trainyard/pr/7/jobs',
      },
      tags: { team: 'vision', 'trainyard:repo': 'acme/dogs', 'trainyard:run': '1001' },
    });
  });

  test('saves its state and the plan before it creates anything', async () => {
    const world = createWorld();
    const seen: unknown[] = [];
    world.hook = (call, when) => {
      if (call === 'jobs.start' && when === 'before') seen.push(world.state.get('tune-model'), only(world).state.status);
    };
    await run(settings, [], createDeps(world));
    expect(seen).toEqual([expect.objectContaining({ baseNames: [base], runId: '1001' }), 'planned']);
  });

  test('with wait: false ends once a trial runs; a later run of the commit finishes it', async () => {
    const world = createWorld();
    await run({ ...settings, wait: false }, [], createDeps(world));
    expect(only(world)).toMatchObject({ state: { status: 'submitted' }, handedOver: true });
    expect(world.outputs.get('best-hyperparameters')).toBe('');
    await run(settings, [], createDeps(world, later));
    expect(only(world)).toMatchObject({ state: { status: 'completed' }, workflow: { runId: '1001' } });
    expect(world.tunings.size).toBe(1);
  });
});

describe('the money of a pull request', () => {
  test('counts a search of another commit that was handed over and has ended by what it cost', async () => {
    const world = createWorld();
    world.trial = (number) => ({ seconds: 600, objective: number });
    await run({ ...settings, wait: false }, [], createDeps(world));
    await world.clock.sleep(3_600_000);
    const other = { context: { ...later.context, commit: 'd'.repeat(40) } };
    const limited = { ...settings, force: true, spec: { ...spec, budget: { perPullRequestUsd: 1 } } };
    await run(limited, [], createDeps(world, other));
    const [first, second] = world.searches;
    expect(first).toMatchObject({ state: { status: 'completed' } });
    expect(second?.asked.stopAtUsd).toBeCloseTo(1 - (first?.costUsd ?? Number.NaN), 12);
  });
});

describe('again', () => {
  test('an equal search of the zone is used at $0, unless forced', async () => {
    const world = createWorld();
    const first = await run(settings, [], createDeps(world));
    const second = await run(settings, [], createDeps(world, later));
    expect(second).toMatchObject({ state: { status: 'reused', name: first.name }, costUsd: 0, trials: [] });
    expect(second.best?.hyperparameters).toEqual(first.best?.hyperparameters);
    expect(world.tunings.size).toBe(1);
    await run(
      { ...settings, force: true },
      [],
      createDeps(world, { context: { ...context, workflow: { ...context.workflow, runId: '1003' } } }),
    );
    expect(world.tunings.size).toBe(2);
  });

  test('a re-run attaches to the search that runs', async () => {
    const world = createWorld();
    const life = { dead: false };
    const killed = Promise.withResolvers<void>();
    world.hook = (call) => {
      if (call !== 'jobs.trials') return;
      life.dead = true;
      killed.resolve();
    };
    void run(settings, [], createDeps(world, {}, life));
    await killed.promise;
    world.hook = () => undefined;
    await run(settings, [], createDeps(world));
    expect(world.tunings.size).toBe(1);
    expect(only(world).state.status).toBe('completed');
    expect(world.lines.join('\n')).toContain(`attached to ${base}-a1`);
  });

  test('a search of that name that is not ours is left alone', async () => {
    const world = createWorld();
    await run(settings, [], createDeps(world));
    world.tunings.get(`${base}-a1`)!.tags['trainyard:run'] = '9';
    expect(await fail(world)).toMatchObject({ kind: 'conflict' });
  });
});

describe('what is refused', () => {
  test.each([
    ['a budget below one trial', { spec: { ...spec, budget: { perRunUsd: 0.01 } } }, 'One trial of the search alone'],
    ['an input below one trial', { maxCostUsd: 0.01 }, 'the input max-cost-usd'],
  ])('%s', async (_, more, words) => {
    const world = createWorld();
    const error = await fail(world, { ...settings, ...more });
    expect(error.kind).toBe('budget');
    expect(error.message).toContain(words);
    expect(world.calls.filter((call) => /write|start/.test(call))).toEqual([]);
  });

  test('an unknown price under a budget', async () => {
    const world = createWorld();
    world.price = { kind: 'unknown', why: 'new type' };
    const error = await fail(world, { ...settings, maxCostUsd: 5 });
    expect(error.message).toContain('the price of ml.m5.xlarge is unknown (new type)');
  });

  test('by AWS leaves a record that says so', async () => {
    const world = createWorld();
    world.hook = (call, when) => {
      if (call === 'jobs.start' && when === 'before')
        throw new ActionError({ kind: 'quota', message: 'The quota is 0.', fix: 'Ask for more.' });
    };
    expect(await fail(world)).toMatchObject({ kind: 'quota' });
    expect(only(world)).toMatchObject({ state: { status: 'refused', reason: 'The quota is 0.' }, costUsd: 0 });
  });
});

describe('how it ends otherwise', () => {
  test('at its budget with the best so far: a success with a warning, and never dearer', async () => {
    const world = createWorld();
    world.trial = (number) => ({ seconds: 2400, objective: number });
    await run({ ...settings, maxCostUsd: 0.5 }, [], createDeps(world));
    const record = only(world);
    expect(record).toMatchObject({
      state: { status: 'stopped', cause: 'budget' },
      best: { objective: 1 },
      asked: { stopAtUsd: 0.5 },
    });
    expect(record.costUsd).toBeLessThanOrEqual(0.5);
    expect(world.lines.join('\n')).toContain('warning: The search was stopped at its budget after');
    expect(world.outputs.get('status')).toBe('stopped');
  });

  test('at its budget without a best: a failure', async () => {
    const world = createWorld();
    world.trial = () => ({ seconds: 3600, objective: undefined });
    const error = await fail(world, { ...settings, maxCostUsd: 0.5 });
    expect(error).toMatchObject({ kind: 'budget' });
    expect(only(world)).toMatchObject({ state: { status: 'stopped', cause: 'budget' } });
  });

  test('when every trial fails, with the reason of the first', async () => {
    const world = createWorld();
    world.trial = () => ({ end: 'Failed', failureReason: 'AlgorithmError: ValueError: no dogs, exit code: 3' });
    const error = await fail(world);
    expect(error.kind).toBe('script');
    expect(error.message).toContain('4 of 4 trials failed');
    expect(error.message).toContain('train.py exited with code 3');
    expect(only(world).costUsd).toBeGreaterThan(0);
  });

  test('when no trial prints the objective', async () => {
    const world = createWorld();
    world.trial = () => ({ objective: undefined });
    const error = await fail(world);
    expect(error.message).toContain('none printed a value of test-loss');
    expect(error.fix).toContain('metrics.test-loss');
  });

  test('when some trials fail: a success that says so', async () => {
    const world = createWorld();
    world.trial = (number) => (number === 2 ? { end: 'Failed', failureReason: 'AlgorithmError: x' } : { objective: number });
    await run(settings, [], createDeps(world));
    expect(only(world).state.status).toBe('completed');
    expect(world.lines).toContain('warning: 1 of 4 trials failed; the search went on without them.');
  });

  test('stopped by somebody else: a failure', async () => {
    const world = createWorld();
    world.hook = (call) => {
      const tuning = world.tunings.get(`${base}-a1`);
      if (call === 'jobs.trials' && tuning) tuning.stoppedAt ??= world.clock.now().getTime();
    };
    const error = await fail(world);
    expect(error).toMatchObject({ kind: 'stopped' });
    expect(only(world).state).toMatchObject({ status: 'stopped', cause: 'elsewhere' });
  });
});

describe('750 trials', () => {
  test('are no flood in the log', async () => {
    const world = createWorld();
    const many = { ...tune, maxJobs: 750, maxParallelJobs: 10 };
    world.trial = (number) => ({ seconds: 30, objective: 1 / number });
    await run({ ...settings, tune: many, spec: { ...spec, tune: many } }, [], createDeps(world));
    expect(only(world).trials).toHaveLength(750);
    expect(world.lines.filter((line) => line.startsWith('tune: trial')).length).toBeLessThan(200);
  });
});

/** Runs the step, cancelled or killed around its n-th call, and then its post step. */
async function interrupt(world: World, how: 'cancel' | 'kill', nth: number, when: 'before' | 'after'): Promise<void> {
  const controller = new AbortController();
  const life = { dead: false };
  const { promise: struck, resolve: strike } = Promise.withResolvers<void>();
  let calls = 0;
  world.hook = (_call, at) => {
    if (at === 'before') calls += 1;
    if (calls !== nth || at !== when || life.dead || controller.signal.aborted) return;
    if (how === 'kill') life.dead = true;
    else controller.abort();
    strike();
  };
  const main = run(settings, [], createDeps(world, { signal: controller.signal }, life)).then(
    () => 'done',
    () => 'failed',
  );
  await (how === 'kill' ? Promise.race([struck, main]) : main);
  life.dead = true;
  world.hook = () => undefined;
  const deps = createDeps(world);
  const state = findState(deps.step, 'tune-model');
  if (state) await endSearch(state, deps);
}

describe('whenever the step is interrupted, the search ends and its record is final', () => {
  test.each(['cancel', 'kill'] as const)('%s before and after every call', async (how) => {
    const whole = createWorld();
    await run(settings, [], createDeps(whole));
    const total = whole.calls.length;
    expect(total).toBeGreaterThan(30);
    let stopped = 0;
    for (let nth = 1; nth <= total; nth += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = createWorld();
        await interrupt(world, how, nth, when);
        const deps = createDeps(world);
        for (const [name, tuning] of world.tunings) {
          expect(world.searches.map((record) => record.name)).toContain(name);
          const job = await deps.jobs.describe(name);
          expect(job?.counts.inProgress).toBe(0);
          if (tuning.stoppedAt !== undefined) stopped += 1;
        }
        for (const record of world.searches) expect(isFinal(tuningRecord.parse(record).state)).toBe(true);
      }
    }
    expect(stopped).toBeGreaterThan(20);
  });
});
