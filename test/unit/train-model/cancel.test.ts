import { describe, expect, test } from '@jest/globals';
import type { EndDeps } from '../../../src/actions/train-model/deps.ts';
import { endRuns } from '../../../src/actions/train-model/end-runs.ts';
import { run } from '../../../src/actions/train-model/run.ts';
import { findState } from '../../../src/actions/jobs/state.ts';
import { isFinal, runRecord } from '../../../src/records/record.ts';
import { createDeps, createWorld, putJob, settings, type World } from './world.ts';

type When = 'before' | 'after';

/** Runs the step with two jobs, cancelled or killed around its n-th call, and then its post step. */
async function interrupt(world: World, how: 'cancel' | 'kill', nth: number, when: When): Promise<void> {
  const controller = new AbortController();
  const life = { dead: false };
  const { promise: struck, resolve: strike } = Promise.withResolvers<void>();
  let calls = 0;
  world.behaviour = () => ({ trains: 60 });
  world.hook = (_call, at) => {
    if (at === 'before') calls += 1;
    if (calls !== nth || at !== when || life.dead || controller.signal.aborted) return;
    if (how === 'kill') life.dead = true;
    else controller.abort();
    strike();
  };
  const main = run(settings, [], [], createDeps(world, { signal: controller.signal }, life)).then(
    () => 'done',
    () => 'failed',
  );
  await (how === 'kill' ? Promise.race([struck, main]) : main);
  life.dead = true;
  world.hook = () => undefined;
  const deps = createDeps(world);
  const state = findState(deps.step, 'train-model');
  if (state) await endRuns(state, deps);
}

/** How many calls a run makes that nobody interrupts. */
async function countCalls(): Promise<number> {
  const world = createWorld();
  world.behaviour = () => ({ trains: 60 });
  await run(settings, [], [], createDeps(world));
  return world.calls.length;
}

function expectNothingLeft(world: World): void {
  for (const [name, job] of world.jobs) {
    const record = runRecord.parse(world.records.get(name));
    expect(isFinal(record.state)).toBe(true);
    expect(world.clock.now().getTime()).toBeGreaterThanOrEqual(job.stoppedAt ?? job.created + 62_000);
  }
  for (const record of world.records.values()) expect(isFinal(runRecord.parse(record).state)).toBe(true);
}

describe('whenever the step is interrupted, every job ends and every record is final', () => {
  test.each(['cancel', 'kill'] as const)('%s before and after every call', async (how) => {
    const total = await countCalls();
    expect(total).toBeGreaterThan(40);
    let stopped = 0;
    for (let nth = 1; nth <= total; nth += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = createWorld();
        await interrupt(world, how, nth, when);
        expectNothingLeft(world);
        stopped += [...world.jobs.values()].filter((job) => job.stoppedAt !== undefined).length;
      }
    }
    expect(stopped).toBeGreaterThan(40);
  });
});

describe('a cancel', () => {
  test('asks both jobs to stop at once and writes that down before the process ends', async () => {
    const world = createWorld();
    const controller = new AbortController();
    world.behaviour = () => ({ trains: 3_000 });
    world.hook = (call) => {
      if (call === 'jobs.describe' && world.jobs.size === 2) controller.abort();
    };
    const outcome = run(settings, [], [], createDeps(world, { signal: controller.signal }));
    await expect(outcome).rejects.toMatchObject({ kind: 'stopped' });
    expect([...world.jobs.values()].every((job) => job.stoppedAt !== undefined)).toBe(true);
    expect([...world.records.values()].map((record) => record.state.status)).toEqual(['stop-requested', 'stop-requested']);
  });

  test('stops a job whose create call was still on its way', async () => {
    const world = createWorld();
    const controller = new AbortController();
    world.behaviour = () => ({ trains: 3_000 });
    const stopped = Promise.withResolvers<void>();
    world.hook = async (call, when) => {
      if (call === 'jobs.stop' && when === 'after') stopped.resolve();
      if (call !== 'jobs.start' || when !== 'before') return;
      controller.abort();
      await stopped.promise;
    };
    const deps = createDeps(world, { signal: controller.signal });
    await expect(run({ ...settings, labels: ['single'] }, [], [], deps)).rejects.toMatchObject({ kind: 'stopped' });
    expect([...world.jobs.values()].map((job) => job.stoppedAt !== undefined)).toEqual([true]);
    expect([...world.records.values()][0]?.state.status).toBe('stop-requested');
  });

  test('creates nothing more', async () => {
    const world = createWorld();
    const controller = new AbortController();
    world.hook = (call, when) => {
      if (call === 'records.write' && when === 'before') controller.abort();
    };
    await expect(run(settings, [], [], createDeps(world, { signal: controller.signal }))).rejects.toMatchObject({
      kind: 'stopped',
    });
    await world.clock.sleep(1_000);
    expect(world.calls).not.toContain('jobs.start');
  });

  test('before anything was created leaves nothing behind', async () => {
    const world = createWorld();
    const signal = AbortSignal.abort();
    await expect(run(settings, [], [], createDeps(world, { signal }))).rejects.toMatchObject({ kind: 'stopped' });
    expect(world.jobs.size + world.records.size + world.state.size).toBe(0);
  });
});

/** Kills main while its job trains. */
async function leave(world: World, more: { stops?: number }): Promise<void> {
  const life = { dead: false };
  world.behaviour = () => ({ trains: 3_000, ...more });
  const { promise, resolve } = Promise.withResolvers<void>();
  world.hook = () => {
    if (world.clock.now().getTime() < Date.parse('2026-03-01T10:00:30Z')) return;
    life.dead = true;
    resolve();
  };
  void run({ ...settings, labels: ['single'] }, [], [], createDeps(world, {}, life));
  await promise;
  world.hook = () => undefined;
}

describe('post', () => {
  test('stops a job, waits for its end and records what it cost', async () => {
    const world = createWorld();
    await leave(world, { stops: 20 });
    const deps = createDeps(world);
    expect(await endRuns(findState(deps.step, 'train-model')!, deps)).toBe(1);
    const [record] = [...world.records.values()];
    expect(record).toMatchObject({ state: { status: 'stopped', cause: 'cancelled', reason: 'the workflow was cancelled' } });
    expect(record?.costUsd).toBeGreaterThan(0);
    expect(record?.curves).toEqual([{ name: 'test-loss', values: [0.5] }]);
  });

  test('says so when the end is not confirmed within 90 s', async () => {
    const world = createWorld();
    await leave(world, { stops: 120 });
    const before = world.clock.now().getTime();
    const deps = createDeps(world);
    await endRuns(findState(deps.step, 'train-model')!, deps);
    expect(world.clock.now().getTime() - before).toBeLessThan(100_000);
    expect([...world.records.values()][0]?.state.status).toBe('stop-requested');
    expect(world.lines.join('\n')).toContain('has not been seen to end');
  });

  test('finds a job that came into being after main was killed', async () => {
    const world = createWorld();
    const life = { dead: false };
    const killed = Promise.withResolvers<void>();
    world.behaviour = () => ({ trains: 3_000 });
    world.hook = (call, when) => {
      if (call !== 'jobs.start' || when !== 'before') return;
      life.dead = true;
      killed.resolve();
    };
    void run({ ...settings, labels: ['single'] }, [], [], createDeps(world, {}, life));
    await killed.promise;
    const name = [...world.records.keys()][0] ?? '';
    let looks = 0;
    world.hook = (call, when) => {
      if (call === 'jobs.describe' && when === 'before' && (looks += 1) === 4) putJob(world, name, { trains: 3_000 });
    };
    const deps = createDeps(world);
    await endRuns(findState(deps.step, 'train-model')!, deps);
    expect(world.jobs.get(name)?.stoppedAt).toBeDefined();
    expect(world.records.get(name)?.state).toMatchObject({ status: 'stopped', cause: 'cancelled' });
  });

  test('does not take a job for nothing that answers to a stop and cannot be seen yet', async () => {
    const world = createWorld();
    await leave(world, {});
    const record = [...world.records.values()][0]!;
    world.records.set(record.name, { ...record, state: { status: 'planned' } });
    const deps = createDeps(world);
    const seenFrom = world.clock.now().getTime() + 30_000;
    const jobs: EndDeps['jobs'] = {
      check: () => [],
      start: (request) => deps.jobs.start(request),
      tags: (arn) => deps.jobs.tags(arn),
      stop: (name) => deps.jobs.stop(name),
      describe: async (name) => (world.clock.now().getTime() < seenFrom ? undefined : deps.jobs.describe(name)),
    };
    await endRuns(findState(deps.step, 'train-model')!, { ...deps, jobs });
    expect(world.records.get(record.name)).toMatchObject({ state: { status: 'stopped' }, costUsd: expect.any(Number) });
    expect(world.records.get(record.name)?.billedSeconds).toBeGreaterThan(0);
  });

  test('leaves a job alone that was handed over', async () => {
    const world = createWorld();
    world.behaviour = () => ({ trains: 3_000 });
    await run({ ...settings, wait: false }, [], [], createDeps(world));
    const deps = createDeps(world);
    expect(await endRuns(findState(deps.step, 'train-model')!, deps)).toBe(0);
    expect([...world.jobs.values()].every((job) => job.stoppedAt === undefined)).toBe(true);
  });
});
