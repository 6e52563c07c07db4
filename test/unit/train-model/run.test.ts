import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import { run } from '../../../src/actions/train-model/run.ts';
import type { Settings, TrainDeps } from '../../../src/actions/train-model/deps.ts';
import { runRecord, type RunRecord } from '../../../src/records/record.ts';
import { getBaseName } from '../../../src/training/identity.ts';
import { context, createDeps, createWorld, putJob, settings, spec, type World } from './world.ts';

const baseOf = (label: string) => getBaseName({ specName: 'dogs', specPath: 'trainyard.yml', label, context });
const single: Settings = { ...settings, labels: ['single'] };

async function fail(world: World, how: Settings = single, more = {}): Promise<ActionError> {
  const error: unknown = await run(how, [], [], createDeps(world, more)).then(
    () => new Error('The run should have failed.'),
    (cause: unknown) => cause,
  );
  if (error instanceof ActionError) return error;
  throw error;
}

const only = (world: World): RunRecord => {
  const records = [...world.records.values()];
  expect(records).toHaveLength(1);
  return runRecord.parse(records[0]);
};

describe('a first run', () => {
  test('trains both runs at once and records what they cost', async () => {
    const world = createWorld();
    world.behaviour = (name) => ({ trains: name.includes('single') ? 1072 : 1163 });
    const outputs = await run(settings, [], [], createDeps(world));
    const records = [...world.records.values()].map((record) => runRecord.parse(record));
    expect(records.map(({ label, state, billedSeconds }) => [label, state.status, billedSeconds])).toEqual([
      ['single', 'completed', 1072],
      ['multi', 'completed', 1163],
    ]);
    expect(outputs.costUsd).toBe(String(Number(((1072 * 0.23) / 3600 + (1163 * 2 * 0.23) / 3600).toFixed(6))));
    expect(JSON.parse(world.outputs.get('jobs') ?? '')).toHaveLength(2);
    expect(world.lines).toContain('single: completed, 17 m 52 s billed on 1 × ml.m5.xlarge, $0.0685, test-loss 0.5');
  });

  test('saves its state and the plan before it creates anything', async () => {
    const world = createWorld();
    const seen: unknown[] = [];
    world.hook = (call, when) => {
      if (call === 'jobs.start' && when === 'before')
        seen.push(world.state.get('train-model'), [...world.records.values()][0]?.state.status);
    };
    await run(single, [], [], createDeps(world));
    expect(seen).toEqual([expect.objectContaining({ baseNames: [baseOf('single')], runId: '1001' }), 'planned']);
  });

  test('uploads code once per hash', async () => {
    const world = createWorld();
    await run(single, [], [], createDeps(world));
    const uploads = () => world.calls.filter((call) => call === 'objects.writeFile').length;
    expect(uploads()).toBe(2);
    await run(
      { ...single, force: true },
      [],
      [],
      createDeps(world, { context: { ...context, workflow: { ...context.workflow, runId: '1002' } } }),
    );
    expect(uploads()).toBe(2);
  });

  test('asks for the job as planned, tagged as ours', async () => {
    const world = createWorld();
    await run(single, [], [], createDeps(world));
    const request = world.jobs.get(`${baseOf('single')}-a1`)?.request;
    expect(request).toMatchObject({
      entrypoint: ['python3', '/opt/ml/input/data/code/launcher.py'],
      arguments: ['train.py'],
      outputS3Uri: 's3://models/trainyard/pr/7/jobs',
      hyperparameters: { epochs: '5' },
      tags: {
        team: 'vision',
        'trainyard:repo': 'acme/dogs',
        'trainyard:run': '1001',
        'trainyard:attempt': '1',
        'trainyard:name': 'dogs',
      },
    });
    expect(request?.channels.map((channel) => channel.name)).toEqual(['code', 'training']);
  });

  test('with wait: false ends once the job runs', async () => {
    const world = createWorld();
    world.behaviour = () => ({ trains: 36_000 });
    await run({ ...single, wait: false }, [], [], createDeps(world));
    expect(only(world)).toMatchObject({ state: { status: 'submitted' }, handedOver: true });
    expect(world.outputs.get('cost-usd')).toBe('');
  });

  test('says a rehearsal is one', async () => {
    const world = createWorld('000000000000');
    await run(single, [], [], createDeps(world));
    expect(only(world)).toMatchObject({ rehearsal: true });
    expect(only(world).url).toBeUndefined();
  });
});

describe('what fails', () => {
  test('a script that exits 3 fails the step with its last lines and a fix', async () => {
    const world = createWorld();
    world.behaviour = () => ({
      end: 'Failed',
      failureReason: 'AlgorithmError: ValueError: no dogs, exit code: 3',
      log: ['epoch 1', 'ValueError: no dogs'],
    });
    const error = await fail(world);
    expect(error.kind).toBe('script');
    expect(error.message).toContain('train.py exited with code 3: ValueError: no dogs.');
    expect(error.message).toContain('  epoch 1\n  ValueError: no dogs');
    expect(only(world).state).toMatchObject({ status: 'failed', logTail: ['epoch 1', 'ValueError: no dogs'] });
  });

  test('the other run goes on, and the error names only the failed one', async () => {
    const world = createWorld();
    world.behaviour = (name) =>
      name.includes('single') ? { end: 'Failed', failureReason: 'AlgorithmError: exit code: 1' } : { trains: 100 };
    const error = await fail(world, settings);
    expect(error.message).toContain('The run single');
    expect(error.message).not.toContain('The run multi');
    expect([...world.records.values()].map((record) => record.state.status).toSorted()).toEqual(['completed', 'failed']);
  });

  test.each([
    ['MaxRuntimeExceeded', 'max-runtime', 'Raise max-runtime'],
    ['Stopped', 'elsewhere', 'CloudTrail'],
  ])('a job found Stopped (%s) is a failure', async (secondary, cause, fix) => {
    const world = createWorld();
    world.behaviour = () => ({ end: 'Stopped', secondary });
    const error = await fail(world);
    expect(error.kind).toBe('stopped');
    expect(error.fix).toContain(fix);
    expect(only(world).state).toMatchObject({ status: 'stopped', cause });
  });

  test('a refused creation leaves a record that says so and costs nothing', async () => {
    const world = createWorld();
    world.hook = (call, when) => {
      if (call === 'jobs.start' && when === 'before')
        throw new ActionError({ kind: 'permission', message: 'Not allowed to pass the role.', fix: 'Allow iam:PassRole.' });
    };
    const error = await fail(world);
    expect(error).toMatchObject({ kind: 'permission', fix: 'Allow iam:PassRole.' });
    expect(only(world)).toMatchObject({ state: { status: 'refused' }, costUsd: 0 });
    expect(JSON.parse(world.outputs.get('jobs') ?? '')).toEqual([
      { label: 'single', job: `${baseOf('single')}-a1`, status: 'refused', 'cost-usd': 0, model: null },
    ]);
  });

  test('every problem is told at once, before any write', async () => {
    const world = createWorld();
    const broken: Settings = {
      ...single,
      spec: {
        ...spec,
        data: {
          training: { from: { kind: 's3', uri: 's3://models/cats/' } },
          test: { from: { kind: 'https', url: 'https://example.org/a.zip' } },
        },
      },
    };
    const error = await fail(world, broken);
    expect(error.problems.map((problem) => problem.name)).toEqual(['data.training.from', 'data.test']);
    expect(world.calls.filter((call) => /write|start/.test(call))).toEqual([]);
  });

  test('a missing bucket stops everything', async () => {
    const world = createWorld();
    const error = await fail(world, { ...single, bucket: 'gone' });
    expect(error.message).toContain('gone');
    expect(world.jobs.size).toBe(0);
  });

  test('calls that fail for a while are borne', async () => {
    const world = createWorld();
    let left = 5;
    world.hook = (call, when) => {
      if (call === 'jobs.describe' && when === 'before' && world.jobs.size > 0 && left-- > 0)
        throw new ActionError({ kind: 'aws', message: 'Rate exceeded', fix: 'Wait.' });
    };
    await run(single, [], [], createDeps(world));
    expect(only(world).state.status).toBe('completed');
  });

  test('a job nobody can see any more is asked to stop', async () => {
    const world = createWorld();
    world.behaviour = () => ({ trains: 36_000 });
    world.hook = (call, when) => {
      if (call === 'jobs.describe' && when === 'before' && world.jobs.size > 0)
        throw new ActionError({ kind: 'permission', message: 'AccessDenied', fix: 'Allow sagemaker:DescribeTrainingJob.' });
    };
    await fail(world);
    expect(only(world).state.status).toBe('stop-requested');
    expect(world.calls).toContain('jobs.stop');
  });
});

describe('fallback types', () => {
  const run1 = spec.train?.runs.single;
  const fallback: Settings = {
    ...single,
    spec: {
      ...spec,
      train: { maxRuntimeSeconds: 3600, runs: { single: { ...run1!, instanceTypes: ['ml.m5.2xlarge', 'ml.m6i.2xlarge'] } } },
    },
  };

  test('a quota refusal tries the next type under the same name', async () => {
    const world = createWorld();
    let refused = false;
    world.hook = (call, when) => {
      if (call !== 'jobs.start' || when !== 'before' || refused) return;
      refused = true;
      throw new ActionError({ kind: 'quota', message: 'The quota is 0.', fix: 'Ask for more.' });
    };
    await run(fallback, [], [], createDeps(world));
    expect(only(world)).toMatchObject({ state: { status: 'completed' }, machine: { instanceType: 'ml.m6i.2xlarge' } });
  });

  test('a job without capacity tries the next type under the next name', async () => {
    const world = createWorld();
    world.behaviour = (name) =>
      name.endsWith('-a1')
        ? {
            startsAfter: 99,
            trains: -90,
            end: 'Failed',
            failureReason: 'CapacityError: Unable to provision requested ML compute capacity.',
          }
        : {};
    await run(fallback, [], [], createDeps(world));
    expect(
      [...world.records.values()].map((record) => [record.name.slice(-2), record.state.status, record.costUsd === 0]),
    ).toEqual([
      ['a1', 'failed', true],
      ['a2', 'completed', false],
    ]);
  });
});

describe('a re-run', () => {
  test.each([
    ['in progress', { trains: 50 }, 'a1'],
    ['completed', { startsAfter: 0, trains: 0 }, 'a1'],
    ['failed', { startsAfter: 0, trains: 0, end: 'Failed' as const }, 'a2'],
    ['stopped', { startsAfter: 0, trains: 0, end: 'Stopped' as const }, 'a2'],
  ])('finds its job that is %s', async (_, behaviour, suffix) => {
    const world = createWorld();
    putJob(world, `${baseOf('single')}-a1`, behaviour);
    const outputs = await run(single, [], [], createDeps(world));
    expect(outputs.jobs).toContain(`${baseOf('single')}-${suffix}`);
    expect(world.calls.filter((call) => call === 'jobs.start')).toHaveLength(suffix === 'a1' ? 0 : 1);
  });

  test('waits for a stopping job, then takes the next name', async () => {
    const world = createWorld();
    putJob(world, `${baseOf('single')}-a1`, { trains: 100, stops: 40 });
    world.jobs.get(`${baseOf('single')}-a1`)!.stoppedAt = world.clock.now().getTime();
    await run(single, [], [], createDeps(world));
    expect(world.jobs.get(`${baseOf('single')}-a2`)?.created).toBeGreaterThanOrEqual(Date.parse('2026-03-01T10:00:40.000Z'));
  });

  test('leaves a job of that name alone that is not ours', async () => {
    const world = createWorld();
    putJob(world, `${baseOf('single')}-a1`, { trains: 50 }, { 'trainyard:repo': 'acme/cats', 'trainyard:run': '1001' });
    expect(await fail(world)).toMatchObject({ kind: 'conflict' });
    expect(world.calls.filter((call) => /start|stop/.test(call))).toEqual([]);
  });

  test('returns a completed record without settling it again', async () => {
    const world = createWorld();
    await run(single, [], [], createDeps(world));
    const before = only(world);
    await run(single, [], [], createDeps(world));
    expect(only(world)).toEqual(before);
  });

  test('finishes the record of an earlier attempt that died', async () => {
    const world = createWorld();
    world.behaviour = () => ({ trains: 100 });
    await run({ ...single, wait: false }, [], [], createDeps(world));
    const record = only(world);
    const { handedOver: _, ...watched } = record;
    world.records.set(record.name, watched);
    world.jobs.get(record.name)!.stoppedAt = world.clock.now().getTime();
    await world.clock.sleep(60_000);
    world.behaviour = () => ({});
    await run(single, [], [], createDeps(world));
    expect([...world.records.values()].map(({ state }) => state.status)).toEqual(['stopped', 'completed']);
  });
});

describe('lost answers', () => {
  test('a create whose answer was lost is attached to', async () => {
    const world = createWorld();
    world.hook = (call, when) => {
      if (call === 'jobs.start' && when === 'after')
        throw new ActionError({ kind: 'aws', message: 'socket hang up', fix: 'Try again.' });
    };
    await run(single, [], [], createDeps(world));
    expect(only(world).state.status).toBe('completed');
    expect(world.jobs.size).toBe(1);
  });

  test('a create that never took effect fails, and nothing is left', async () => {
    const world = createWorld();
    world.hook = (call, when) => {
      if (call === 'jobs.start' && when === 'before')
        throw new ActionError({ kind: 'aws', message: 'socket hang up', fix: 'Try again.' });
    };
    expect(await fail(world)).toMatchObject({ kind: 'aws' });
    expect(world.jobs.size).toBe(0);
  });

  test('a job that cannot be seen yet exists already: attached once it shows', async () => {
    const world = createWorld();
    putJob(world, `${baseOf('single')}-a1`, { trains: 60 });
    const hidden = createDeps(world);
    let looks = 0;
    const jobs: TrainDeps['jobs'] = {
      check: () => [],
      describe: async (name: string) => ((looks += 1) <= 4 ? undefined : hidden.jobs.describe(name)),
      start: (request) => hidden.jobs.start(request),
      tags: (arn) => hidden.jobs.tags(arn),
      stop: (name) => hidden.jobs.stop(name),
    };
    await run(single, [], [], { ...hidden, jobs });
    expect(only(world).state.status).toBe('completed');
    expect(world.jobs.size).toBe(1);
  });
});

describe('reuse', () => {
  const later = { ...context, commit: 'd'.repeat(40), workflow: { ...context.workflow, runId: '1002' } };

  test('an equal run of the zone is used at $0', async () => {
    const world = createWorld();
    await run(single, [], [], createDeps(world));
    const outputs = await run(single, [], [], createDeps(world, { context: later }));
    const reused = [...world.records.values()].find((record) => record.workflow.runId === '1002');
    expect(runRecord.parse(reused)).toMatchObject({
      state: { status: 'reused', commit: 'c'.repeat(40) },
      costUsd: 0,
      billedSeconds: 0,
    });
    expect(outputs.costUsd).toBe('0');
    expect(outputs.model).toContain(`${baseOf('single')}-a1/output/model.tar.gz`);
    expect(world.jobs.size).toBe(1);
  });

  test.each([
    ['force is set', { ...single, force: true }],
    ['a hyperparameter differs', { ...single, hyperparameters: { epochs: '6' } }],
  ])('not when %s', async (_, how) => {
    const world = createWorld();
    await run(single, [], [], createDeps(world));
    await run(how, [], [], createDeps(world, { context: later }));
    expect(world.jobs.size).toBe(2);
  });

  test('not when the model is gone', async () => {
    const world = createWorld();
    await run(single, [], [], createDeps(world));
    for (const uri of [...world.objects.keys()].filter((key) => key.endsWith('model.tar.gz'))) world.objects.delete(uri);
    await run(single, [], [], createDeps(world, { context: later }));
    expect(world.jobs.size).toBe(2);
  });

  test('a job that was handed over is attached to, finished, and not stopped by a cancel', async () => {
    const world = createWorld();
    world.behaviour = () => ({ trains: 500 });
    await run({ ...single, wait: false }, [], [], createDeps(world));
    const sameCommit = { ...later, commit: context.commit };
    const controller = new AbortController();
    world.hook = (call) => {
      if (call === 'jobs.describe' && world.clock.now().getTime() > Date.parse('2026-03-01T10:01:00Z')) controller.abort();
    };
    expect((await fail(world, single, { context: sameCommit, signal: controller.signal })).kind).toBe('stopped');
    expect(world.calls).not.toContain('jobs.stop');
    world.hook = () => undefined;
    await run(single, [], [], createDeps(world, { context: sameCommit }));
    expect(only(world)).toMatchObject({ state: { status: 'completed' }, billedSeconds: 500 });
    expect(only(world).handedOver).toBeUndefined();
  });
});

const withBudget = (budget: Settings['spec']['budget'], more: Partial<Settings> = {}): Settings => ({
  ...settings,
  ...more,
  spec: { ...spec, budget },
});

describe('budget', () => {
  test.each([
    ['per-run', withBudget({ perRunUsd: 0.3 }), 'budget.per-run'],
    ['max-cost-usd', withBudget({}, { maxCostUsd: 0.5 }), 'max-cost-usd'],
    ['per-pull-request', withBudget({ perPullRequestUsd: 0.5 }), 'budget.per-pull-request'],
  ])('%s refuses before the first write', async (_, how, name) => {
    const world = createWorld();
    const error = await fail(world, how);
    expect(error.kind).toBe('budget');
    expect(error.problems[0]?.name).toContain(name);
    expect(world.calls.filter((call) => /write|start/.test(call))).toEqual([]);
  });

  test('an unknown price refuses under a budget, and only then', async () => {
    const world = createWorld();
    world.price = { kind: 'unknown', why: 'the table has no ml.m5.xlarge' };
    const how = { ...withBudget({ perRunUsd: 100 }), labels: ['single'] };
    expect(await fail(world, how)).toMatchObject({ kind: 'budget' });
    await run({ ...how, allowUnknownPrice: true }, [], [], createDeps(world));
    expect(only(world).costUsd).toBeUndefined();
    expect(world.outputs.get('cost-usd')).toBe('');
  });

  test('what unfinished runs may cost is committed', async () => {
    const world = createWorld();
    world.behaviour = () => ({ trains: 3_000 });
    const how = { ...withBudget({ perPullRequestUsd: 0.4 }), labels: ['single'] };
    await run({ ...how, wait: false }, [], [], createDeps(world));
    const later = { ...context, commit: 'd'.repeat(40), workflow: { ...context.workflow, runId: '1002' } };
    const error = await fail(world, { ...how, hyperparameters: { epochs: '9' } }, { context: later });
    expect(error.message).toContain('committed $0.24');
  });
});
