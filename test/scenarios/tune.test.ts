import { expect, test } from '@jest/globals';
import type { TuningRecord } from '../../src/records/tuning-record.ts';
import { bucket, headCommit, pullNumber } from '../support/facts.ts';
import { annotations, messages, stable } from '../support/stable.ts';
import { tuning } from '../support/tuning.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

const action = 'tune-model';

/** The log without what only time and chance decide. */
function stableTuning(log: string): string {
  const lines = log.split('\n').filter((line) => !/^tune: (\d+ of|trial)|^\d+ {2}/.test(line));
  return stable(lines.join('\n'))
    .replaceAll(/learning-rate [\d.e-]+, batch-size \d+/g, '<values>')
    .replaceAll(/test-loss [\d.]+/g, 'test-loss <loss>')
    .replaceAll(/digits-<hash>-a1-\d{3}-[0-9a-f]{8}/g, '<trial>')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

const sum = (record: TuningRecord | undefined) =>
  record?.trials.reduce((total, trial) => total + (trial.costUsd ?? Number.NaN), 0);

test.concurrent.each(weathers)('searches on a leaderboard, trains with the best, and both are told, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project(tuning()) });
    const main = await step.step(action).done;
    expect(stableTuning(main.log)).toMatchSnapshot('log');
    expect(main.exitCode).toBe(0);
    expect(main.log.match(/^tune: trial \d of 4 completed after /gm)).toHaveLength(4);
    const post = await step.afterStep(action, main).done;
    expect([post.exitCode, post.log]).toEqual([0, '']);

    const [record] = await cloud.tuningRecords();
    expect(record).toMatchObject({ rehearsal: true, state: { status: 'completed' }, asked: { maxJobs: 4, maxParallelJobs: 2 } });
    const best = record?.trials.toSorted((a, b) => (a.objective ?? Infinity) - (b.objective ?? Infinity))[0];
    expect(record?.best).toMatchObject({ name: best?.name, hyperparameters: best?.hyperparameters });
    expect(best?.curves).toMatchObject([
      { name: 'test-loss', values: [expect.any(Number), expect.any(Number), best?.objective] },
    ]);
    const values = best?.hyperparameters ?? {};
    expect(JSON.parse(main.outputs['best-hyperparameters'] ?? '')).toEqual({
      'learning-rate': Number(values['learning-rate']),
      'batch-size': values['batch-size'],
    });
    expect(main.outputs['model']).toBe(`s3://${bucket}/trainyard/pr/${pullNumber}/jobs/${best?.name}/output/model.tar.gz`);

    // The money is that of the training jobs themselves.
    const jobs = await cloud.trainingJobs();
    expect(jobs.map((one) => one.TrainingJobName).toSorted()).toEqual(record?.trials.map(({ name }) => name).toSorted());
    for (const { billedSeconds = Number.NaN, costUsd, started, ended } of record?.trials ?? []) {
      expect(costUsd).toBeCloseTo((billedSeconds * 0.23) / 3600, 12);
      expect(Math.abs((Date.parse(ended ?? '') - Date.parse(started ?? '')) / 1000 - billedSeconds)).toBeLessThanOrEqual(1);
    }
    expect(record?.costUsd).toBeCloseTo(sum(record) ?? Number.NaN, 12);

    const trained = await step.train().done;
    expect(trained.exitCode).toBe(0);
    expect(trained.log).toContain(`from the search ${record?.name}`);
    expect((await recordsOf(step.runId))[0]?.asked.hyperparameters).toEqual(values);
    // The script got the value as it was written.
    expect(trained.log).toContain(`batch size ${values['batch-size']}`);
    expect((await step.report().done).exitCode).toBe(0);
    expect((await cloud.comments())[0]?.body).toContain('Tuning');
  }),
);

test.concurrent.each(weathers)('an equal search costs nothing the second time, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project, count }) => {
    const shared = project(tuning({ tune: { 'max-jobs': '2' } }));
    const first = await job({ project: shared }).step(action).done;
    expect(first.exitCode).toBe(0);
    const second = await job({ project: shared }).step(action).done;
    expect(second.exitCode).toBe(0);
    expect(second.outputs).toEqual({ ...first.outputs, job: second.outputs['job'], status: 'reused', 'cost-usd': '0' });
    expect(await count('CreateHyperParameterTuningJob')).toBe(1);
    expect((await cloud.tuningRecords()).map(({ state, costUsd }) => [state.status, costUsd === 0])).toEqual([
      ['completed', false],
      ['reused', true],
    ]);
    const forced = await job({ project: shared }).step(action, { force: 'true' }).done;
    expect(forced.exitCode).toBe(0);
    expect(await count('CreateHyperParameterTuningJob')).toBe(2);
  }),
);

test.concurrent.each(weathers)('a search is stopped at its budget, and its best is the result, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project }) => {
    // $0.23 an hour and the volume: the budget pays for 142 seconds, of which the last 120 are kept for the end.
    const search = { 'max-runtime': '20s', 'max-jobs': '30', 'max-parallel-jobs': '1' };
    const step = job({ project: project(tuning({ hyperparameters: { seconds: 2.5 }, tune: search })) });
    const main = await step.step(action, { 'max-cost-usd': '0.0093' }).done;
    expect(main.exitCode).toBe(0);
    expect(messages(main.log, 'warning')).toMatch(/stopped at its budget after \d+ of 30 trials; the best of them is the result/);
    expect(main.outputs).toMatchObject({ status: 'stopped', 'best-objective': expect.stringMatching(/^0\.\d+$/) });
    const [record] = await cloud.tuningRecords();
    expect(record).toMatchObject({ state: { status: 'stopped', cause: 'budget' }, asked: { stopAtUsd: 0.0093 } });
    expect(record?.trials.length).toBeLessThan(30);
    expect(record?.costUsd).toBeLessThanOrEqual(0.0093);
    expect(record?.costUsd).toBeCloseTo(sum(record) ?? Number.NaN, 12);
    expect((await cloud.trainingJobs()).every((one) => /Completed|Stopped/.test(one.TrainingJobStatus))).toBe(true);
  }),
);

test.concurrent.each(weathers)(
  'an objective that no trial prints fails the step and says what to print, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ cloud, job, project }) => {
      const changes = tuning({ hyperparameters: { quiet: 1 }, tune: { 'max-jobs': '2' } });
      const main = await job({ project: project(changes) }).step(action).done;
      expect(main.exitCode).toBe(1);
      expect(messages(main.log, 'error')).toContain('none printed a value of test-loss');
      expect(messages(main.log, 'error')).toContain('Make train.py print a line that matches metrics.test-loss');
      const [record] = await cloud.tuningRecords();
      expect(record).toMatchObject({ state: { status: 'failed' } });
      expect(record?.costUsd).toBeGreaterThan(0);
    }),
);

test.concurrent.each(weathers)('a script that fails in every trial fails the step in one annotation, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project }) => {
    const changes = tuning({ hyperparameters: { 'exit-code': 3 }, tune: { 'max-jobs': '2' } });
    const main = await job({ project: project(changes) }).step(action).done;
    expect(main.exitCode).toBe(1);
    const errors = annotations(main.log).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(/2 of 2 trials failed\. The first, digits-\S+: train\.py exited with code 3/);
    expect(errors[0]?.message).toContain('the labels are missing');
    const [record] = await cloud.tuningRecords();
    expect(record).toMatchObject({ state: { status: 'failed' }, trials: [{ status: 'failed' }, { status: 'failed' }] });
  }),
);

test.concurrent.each(weathers)(
  'wait: false leaves the search running, and a later run of the commit finishes it, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ cloud, job, project, count }) => {
      const shared = project(tuning({ hyperparameters: { seconds: 4 }, tune: { 'max-jobs': '2' } }));
      const first = job({ project: shared });
      const main = await first.step(action, { wait: 'false' }).done;
      expect(main.exitCode).toBe(0);
      expect(main.outputs).toMatchObject({ status: 'submitted', 'best-hyperparameters': '', 'cost-usd': '' });
      expect((await first.afterStep(action, main, { wait: 'false' }).done).exitCode).toBe(0);
      expect(await count('StopHyperParameterTuningJob')).toBe(0);
      expect(await cloud.tuningRecords()).toMatchObject([{ state: { status: 'submitted' }, handedOver: true }]);
      const trained = await first.train({ wait: 'false' }).done;
      expect(messages(trained.log, 'warning')).toContain('of this run has no result (submitted)');
      const second = await job({ project: shared }).step(action).done;
      expect(second.exitCode).toBe(0);
      expect(await count('CreateHyperParameterTuningJob')).toBe(1);
      const [record] = await cloud.tuningRecords();
      expect(record).toMatchObject({ state: { status: 'completed' }, workflow: { runId: first.runId }, commit: headCommit });
      expect(record).not.toHaveProperty('handedOver');
      expect(second.outputs['best-job']).toBe(record?.best?.name);
    }),
);

test.concurrent.each(weathers)('a search begins with what main learned, or says why it starts cold, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project }) => {
    const shared = project(tuning({ tune: { 'max-jobs': '2', 'warm-start': 'main' } }));
    const cold = await job({ project: shared, event: 'push' }).step(action).done;
    expect(cold.log).toMatch(/tune: starts cold: there is no completed search of digits on main before this commit/);
    expect(cold.exitCode).toBe(0);
    const warm = await job({ project: shared }).step(action).done;
    expect(warm.log).toContain(`tune: begins with what ${cold.outputs['job']} learned on main`);
    expect(warm.exitCode).toBe(0);
    expect((await cloud.tuningRecords())[0]?.asked.warmStart).toBe(cold.outputs['job']);
  }),
);

test.concurrent.each(weathers)('a re-run attaches to the search of the attempt that was killed, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project, count }) => {
    const shared = project(tuning({ hyperparameters: { seconds: 3 }, tune: { 'max-jobs': '2' } }));
    const first = job({ project: shared });
    const killed = first.step(action);
    await until('the search to be created', async () => (await count('CreateHyperParameterTuningJob')) || undefined);
    killed.process.kill('SIGKILL');
    await killed.done;
    const main = await job({ project: shared, runId: first.runId, attempt: 2 }).step(action).done;
    expect(main.exitCode).toBe(0);
    expect(await count('CreateHyperParameterTuningJob')).toBe(1);
    expect(await cloud.tuningRecords()).toMatchObject([{ state: { status: 'completed' } }]);
  }),
);

const writes = ['PutObject', 'CreateHyperParameterTuningJob', 'StopHyperParameterTuningJob'];

test.concurrent.each(weathers)('cancelled before and after each call that writes, nothing runs on, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project, count }) => {
    for (const operation of writes) {
      for (const when of ['before', 'after'] as const) {
        await cloud.clearFaults();
        const id = `${operation} ${when}`;
        const own = job({ project: project(tuning({ hyperparameters: { seconds: 8 } })) });
        const before = await count('CreateHyperParameterTuningJob');
        // The stop is that of the cancel itself, so it is held after a cancel at the first trial.
        const stopping = operation === 'StopHyperParameterTuningJob';
        await cloud.addFault({ id, service: '*', operation, nth: 1, when, effect: { kind: 'pause' } });
        const running = own.step(action);
        if (stopping) await until('a trial', async () => (await count('CreateHyperParameterTuningJob')) > before || undefined);
        const ending = stopping ? running.cancel() : undefined;
        const held = await cloud.paused(20_000);
        expect([id, held]).toEqual([id, expect.any(String)]);
        const main = ending ?? running.cancel();
        await cloud.release(held ?? '');
        const outcome = await main;
        await cloud.clearFaults();
        expect([id, outcome.exitCode === 0]).toEqual([id, false]);
        const post = await own.afterStep(action, outcome).done;
        expect([id, post.exitCode]).toEqual([id, 0]);
        const open = (await cloud.trainingJobs()).filter((one) => /InProgress|Stopping/.test(one.TrainingJobStatus));
        expect([id, open]).toEqual([id, []]);
        const records = (await cloud.tuningRecords()).filter((record) => record.workflow.runId === own.runId);
        expect([id, records.filter(({ state }) => !['stopped', 'completed', 'failed'].includes(state.status))]).toEqual([id, []]);
      }
    }
  }),
);

test.concurrent('what comes from a fork searches nothing', () =>
  inWorld('calm', { fork: true }, async ({ cloud, job, project }) => {
    const main = await job({ project: project(tuning()), event: 'fork' }).step(action).done;
    expect([main.exitCode, main.outputs]).toEqual([0, { skipped: 'true' }]);
    expect(await cloud.journal()).toEqual([]);
  }));
