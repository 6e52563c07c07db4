import { expect, test } from '@jest/globals';
import { bucket, pullNumber } from '../support/facts.ts';
import { annotations, messages, stable, stableLog } from '../support/stable.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

test.concurrent.each(weathers)('trains, records and reports in one comment, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, recordsOf }) => {
    const step = job();
    const main = await step.train().done;
    expect(stableLog(main.log)).toMatchSnapshot('log');
    expect(main.exitCode).toBe(0);
    const post = await step.afterTrain(main).done;
    expect([post.exitCode, post.log]).toEqual([0, '']);
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);

    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({ rehearsal: true, state: { status: 'completed' }, machine: { vcpus: 4, physicalCores: 2 } });
    const comments = await cloud.comments();
    expect(comments).toHaveLength(1);
    expect(stable(comments[0]?.body ?? '')).toMatchSnapshot('comment');
    expect(main.outputs['model']).toMatch(new RegExp(`^s3://${bucket}/trainyard/pr/${pullNumber}/jobs/.*model\\.tar\\.gz$`));
  }),
);

test.concurrent.each(weathers)('equal code, data and configuration cost nothing the second time, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, recordsOf, count }) => {
    const first = await job().train().done;
    expect(first.exitCode).toBe(0);
    const again = job();
    const second = await again.train().done;
    expect(second.exitCode).toBe(0);
    expect(second.outputs['cost-usd']).toBe('0');
    expect(second.outputs['model']).toBe(first.outputs['model']);
    expect(await recordsOf(again.runId)).toMatchObject([{ state: { status: 'reused' }, costUsd: 0 }]);
    expect(await count('CreateTrainingJob')).toBe(1);
    const forced = await job().train({ force: 'true' }).done;
    expect(forced.exitCode).toBe(0);
    expect(await count('CreateTrainingJob')).toBe(2);
  }),
);

test.concurrent.each(weathers)('a script that exits with 3 fails the step in one annotation, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project({ hyperparameters: { seconds: 0.1, 'exit-code': 3 } }) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(1);
    const errors = annotations(main.log).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    // How much the script had said by then is the machine's matter.
    const message = errors[0]?.message.replaceAll(/^ {2}(epoch|launcher:|\[local cloud\]) .*\n/gm, '') ?? '';
    expect(stable(message)).toMatchSnapshot('annotation');
    expect((await step.afterTrain(main).done).exitCode).toBe(0);
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'failed' } }]);
    expect((await cloud.comments())[0]?.body).toContain('❌');
  }),
);

test.concurrent.each(weathers)('a re-run attaches to the job of the attempt that was killed, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, project, recordsOf, count }) => {
    const shared = project({ hyperparameters: { seconds: 6 } });
    const first = job({ project: shared });
    const killed = first.train();
    await until('the job to be created', async () => (await count('CreateTrainingJob')) || undefined);
    killed.process.kill('SIGKILL');
    await killed.done;
    const main = await job({ project: shared, runId: first.runId, attempt: 2 }).train().done;
    expect(main.exitCode).toBe(0);
    expect(main.log).toMatch(/attach/i);
    expect(await count('CreateTrainingJob')).toBe(1);
    expect(await recordsOf(first.runId)).toMatchObject([{ state: { status: 'completed' } }]);
  }),
);

test.concurrent.each(weathers)('an answer that got lost does not train twice, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, recordsOf }) => {
    const lost = { service: 'sagemaker', operation: 'CreateTrainingJob', when: 'after', effect: { kind: 'reset' } } as const;
    await cloud.addFault({ id: 'lost', nth: 1, ...lost });
    const step = job();
    const main = await step.train().done;
    expect(main.exitCode).toBe(0);
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'completed' } }]);
    const asked = (await cloud.journal()).filter(({ operation }) => operation === 'CreateTrainingJob');
    expect(asked.length).toBeGreaterThan(1);
    expect(await cloud.trainingJobs()).toHaveLength(1);
  }),
);

test.concurrent.each(weathers)(
  'wait: false leaves the job running, and a later run of the commit takes it over, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ cloud, job, project, recordsOf, count }) => {
      const shared = project({ hyperparameters: { rest: 15 } });
      const first = job({ project: shared });
      const main = await first.train({ wait: 'false' }).done;
      expect(main.exitCode).toBe(0);
      expect((await first.afterTrain(main, { wait: 'false' }).done).exitCode).toBe(0);
      expect(await count('StopTrainingJob')).toBe(0);
      const [submitted] = await recordsOf(first.runId);
      expect(submitted).toMatchObject({ state: { status: 'submitted' }, handedOver: true });
      expect((await first.report().done).exitCode).toBe(0);
      expect((await cloud.comments())[0]?.body).toMatch(/running|later run/i);
      await until('the job to end', async () =>
        (await cloud.trainingJobs()).find(
          (one) => one.TrainingJobName === submitted?.name && one.TrainingJobStatus === 'Completed',
        ),
      );
      const second = job({ project: shared });
      const later = await second.train().done;
      expect(later.exitCode).toBe(0);
      expect(await recordsOf(first.runId)).toMatchObject([{ name: submitted?.name, state: { status: 'completed' } }]);
      expect(await count('CreateTrainingJob')).toBe(1);
      expect((await second.report().done).exitCode).toBe(0);
      const comments = await cloud.comments();
      expect(comments).toHaveLength(1);
      expect(comments[0]?.body).toContain('✅');
    }),
);

test.concurrent.each(weathers)('an unknown price without a budget launches and is never called $0, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, project, recordsOf }) => {
    const step = job({ project: project({ spec: (text) => text.replace('ml.m5.xlarge', 'ml.trn1.32xlarge') }) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(0);
    expect(main.outputs['cost-usd']).toBe('');
    const [record] = await recordsOf(step.runId);
    expect(record?.price.kind).toBe('unknown');
    expect(record).not.toHaveProperty('costUsd');
    const report = await step.report().done;
    expect(report.summary).toMatch(/\| \*\*Cost\*\* \| unknown/);
  }),
);

test.concurrent.each(weathers)('a job of that name that is not ours is left alone, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, project, recordsOf, count }) => {
    const shared = project();
    const first = job({ project: shared });
    expect((await first.train().done).exitCode).toBe(0);
    const [record] = await recordsOf(first.runId);
    // The same name as seen by another repository: its tags differ.
    const other = job({ runId: first.runId, project: shared, env: { GITHUB_REPOSITORY: 'octo-org/other' } });
    const main = await other.train({ force: 'true' }).done;
    expect(main.exitCode).toBe(1);
    expect(messages(main.log, 'error')).toContain(record?.name);
    expect(await count('StopTrainingJob')).toBe(0);
  }),
);
