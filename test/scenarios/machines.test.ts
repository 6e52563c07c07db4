import { expect, test } from '@jest/globals';
import { annotations, messages, stable } from '../support/stable.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

const twoTypes = (text: string) => text.replace('instance-type: ml.m5.xlarge', 'instance-type: [ml.m5.xlarge, ml.m6i.xlarge]');
const soonOver = (text: string) => text.replace('max-runtime: 5m', 'max-runtime: 3s');

test.concurrent.each(weathers)(
  'a job that reaches max-runtime is stopped, billed and reported as such, in %s weather',
  (weather) =>
    inWorld(weather, { training: { stopGraceSeconds: 2 } }, async ({ cloud, job, project, recordsOf }) => {
      const step = job({ project: project({ spec: soonOver, hyperparameters: { seconds: 60 } }) });
      const main = await step.train().done;
      expect(main.exitCode).toBe(1);
      expect(stable(messages(main.log, 'error'))).toMatchSnapshot();
      const [record] = await recordsOf(step.runId);
      expect(record).toMatchObject({ state: { status: 'stopped', cause: 'max-runtime' } });
      expect(record?.billedSeconds).toBeGreaterThanOrEqual(3);
      expect(record?.billedSeconds).toBeLessThan(10);
      expect((await step.report().done).exitCode).toBe(0);
      expect((await cloud.comments())[0]?.body).toContain('max-runtime');
    }),
);

test.concurrent.each(weathers)('a cancelled script that will not end is killed after its grace, in %s weather', (weather) =>
  inWorld(weather, { training: { stopGraceSeconds: 4 } }, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project({ hyperparameters: { seconds: 120, deaf: 1 } }) });
    const running = step.train();
    await until('the script to train', async () =>
      (await cloud.journal()).find(({ service, operation }) => service === 'cloudwatch-logs' && operation === 'GetLogEvents'),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const main = await running.cancel();
    expect([main.signal, main.exitCode]).toEqual([null, 1]);
    const post = await step.afterTrain(main).done;
    expect(post.exitCode).toBe(0);
    expect(post.seconds).toBeLessThan(90);
    expect(await cloud.trainingJobs()).toMatchObject([{ TrainingJobStatus: 'Stopped' }]);
    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({ state: { status: 'stopped', cause: 'cancelled' } });
    expect(record?.billedSeconds).toBeGreaterThanOrEqual(4);
    const [comment] = await cloud.comments();
    expect(comment?.body).toMatch(/cancelled/);
    expect(comment?.body).not.toMatch(/not yet confirmed/);
  }),
);

test.concurrent.each(weathers)(
  'without quota for the first type the second is taken, and the log says so, in %s weather',
  (weather) =>
    inWorld(weather, { training: { quotas: { 'ml.m5.xlarge': 0 } } }, async ({ job, project, recordsOf }) => {
      const step = job({ project: project({ spec: twoTypes }) });
      const main = await step.train().done;
      expect(main.exitCode).toBe(0);
      expect(stable(messages(main.log, 'warning'))).toMatchSnapshot();
      const records = await recordsOf(step.runId);
      expect(records).toMatchObject([{ state: { status: 'completed' }, machine: { instanceType: 'ml.m6i.xlarge' } }]);
      expect(records[0]?.price).toMatchObject({ kind: 'known' });
    }),
);

test.concurrent.each(weathers)(
  'without capacity for the first type the second is taken, and the log says so, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ cloud, job, project, recordsOf }) => {
      const message = 'Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error.';
      const effect = { kind: 'error', code: 'InsufficientInstanceCapacity', message, status: 400 } as const;
      const operation = 'CreateTrainingJob';
      await cloud.addFault({ id: 'none free', service: 'sagemaker', operation, nth: 1, when: 'before', effect });
      const step = job({ project: project({ spec: twoTypes }) });
      const main = await step.train().done;
      expect(main.exitCode).toBe(0);
      expect(stable(messages(main.log, 'warning'))).toMatchSnapshot();
      expect((await recordsOf(step.runId)).at(-1)).toMatchObject({ machine: { instanceType: 'ml.m6i.xlarge' } });
    }),
);

test.concurrent.each(weathers)('without quota for any type nothing runs, and the fix names the quota, in %s weather', (weather) =>
  inWorld(weather, { training: { quotas: { 'ml.m5.xlarge': 0 } } }, async ({ cloud, job, recordsOf }) => {
    const step = job();
    const main = await step.train().done;
    expect(main.exitCode).toBe(1);
    expect(stable(messages(main.log, 'error'))).toMatchSnapshot();
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'refused' }, costUsd: 0 }]);
    expect(await cloud.trainingJobs()).toEqual([]);
    expect((await step.report().done).exitCode).toBe(0);
  }),
);

test.concurrent.each(weathers)(
  'a role that SageMaker may not assume: nothing exists, and the record says so, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ job, project, recordsOf }) => {
      const step = job({ project: project({ spec: (text) => text.replace('octo-training', 'octo-nobody') }) });
      const main = await step.train().done;
      expect(main.exitCode).toBe(1);
      expect(stable(messages(main.log, 'error'))).toMatchSnapshot();
      expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'refused' } }]);
    }),
);

test.concurrent.each(weathers)('code that does not even start fails with its own words, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, project, recordsOf }) => {
    const files = { 'model/train.py': 'import numpie\n' };
    const step = job({ project: project({ files }) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(1);
    const errors = annotations(main.log).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain('the module numpie is not in the image');
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'failed' } }]);
  }),
);

test.concurrent.each(weathers)('requirements that cannot be installed fail before the script runs, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, project, recordsOf }) => {
    const files = { 'model/requirements.txt': './no-such-package-folder\n' };
    const step = job({ project: project({ files }) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(1);
    expect(messages(main.log, 'error')).toMatch(/requirements\.txt/);
    expect(main.log).not.toContain('starting on');
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'failed' } }]);
  }),
);
