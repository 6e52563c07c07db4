import { expect, test } from '@jest/globals';
import { pullRequestRole, repository, trainingRole } from '../support/facts.ts';
import { messages, stable } from '../support/stable.ts';
import { inWorld, weathers } from '../support/world.ts';

/** A job without an account: it has nothing but its identity token. */
const noKeys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };

const issuer = 'token.actions.githubusercontent.com';
const trustsPullRequests = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::000000000000:oidc-provider/${issuer}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: `repo:${repository.owner}/${repository.name}:pull_request`,
        },
      },
    },
  ],
};
const roles = [
  { arn: trainingRole, trust: ['sagemaker.amazonaws.com'] },
  { arn: pullRequestRole, trust: trustsPullRequests },
];

test.concurrent.each(weathers)('sessions of a role are renewed while a job outlives them, in %s weather', (weather) =>
  inWorld(weather, { roles, maxSessionSeconds: 4 }, async ({ cloud, job, project, recordsOf, count }) => {
    const step = job({ project: project({ hyperparameters: { seconds: 8 } }), env: noKeys });
    const inputs = { 'role-to-assume': pullRequestRole };
    const main = await step.train(inputs).done;
    expect(main.exitCode).toBe(0);
    expect((await step.afterTrain(main, inputs).done).exitCode).toBe(0);
    expect((await step.report(inputs).done).exitCode).toBe(0);
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'completed' } }]);
    expect(await count('AssumeRoleWithWebIdentity')).toBeGreaterThan(2);
    const journal = await cloud.journal();
    const created = journal.find(({ operation, status }) => operation === 'CreateTrainingJob' && status === 200);
    expect(created?.principal).toContain(':assumed-role/octo-pull-request/');
    // The token and the keys are never in the log unmasked.
    const masked = [...main.log.matchAll(/^::add-mask::(.+)$/gm)].map(([, secret]) => secret ?? '');
    expect(masked.length).toBeGreaterThanOrEqual(4);
    const visible = main.log.replaceAll(/^::add-mask::.*$/gm, '');
    for (const secret of masked) expect(visible).not.toContain(secret);
  }),
);

test.concurrent.each(weathers)(
  'a role that does not trust this job: the refusal says what its token claims, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ job, cloud }) => {
      const main = await job({ env: noKeys }).train({ 'role-to-assume': trainingRole }).done;
      expect(main.exitCode).toBe(1);
      expect(stable(messages(main.log, 'error'))).toMatchSnapshot();
      expect(await cloud.trainingJobs()).toEqual([]);
    }),
);

test.concurrent.each(weathers)('no credentials at all are one clear error, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job }) => {
    const main = await job({ env: { ...noKeys, HOME: '/nonexistent' } }).train().done;
    expect(main.exitCode).toBe(1);
    expect(messages(main.log, 'error')).toContain('role-to-assume');
  }),
);

test.concurrent.each(weathers)(
  'keys that expire in the middle of a wait: said, stopped, and ended by post, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ cloud, job, project, recordsOf }) => {
      const message = 'The security token included in the request is expired';
      const effect = { kind: 'error', code: 'ExpiredTokenException', message, status: 400 } as const;
      const fault = { service: 'sagemaker', operation: 'DescribeTrainingJob', when: 'before', effect } as const;
      await cloud.addFault({ id: 'expired', nth: 4, ...fault });
      const step = job({ project: project({ hyperparameters: { seconds: 60 } }) });
      const main = await step.train().done;
      expect(main.exitCode).toBe(1);
      expect(messages(main.log, 'error')).toMatch(/credentials expired/);
      const post = await step.afterTrain(main).done;
      expect(post.exitCode).toBe(0);
      expect(await cloud.trainingJobs()).toMatchObject([{ TrainingJobStatus: 'Stopped' }]);
      expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'stopped' } }]);
    }),
);

test.concurrent.each(weathers)('S3 that slows down again and again changes nothing but the time, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job, recordsOf }) => {
    const effect = { kind: 'error', code: 'SlowDown', message: 'Please reduce your request rate.', status: 503 } as const;
    for (const nth of [1, 2, 3, 4, 7, 8, 9, 12, 13, 15, 17, 19, 21, 22, 23]) {
      await cloud.addFault({ id: `slow ${nth}`, service: 's3', operation: '*', nth, when: 'before', effect });
    }
    const step = job();
    const main = await step.train().done;
    expect(main.exitCode).toBe(0);
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    expect(await recordsOf(step.runId)).toMatchObject([{ state: { status: 'completed' } }]);
    expect((await cloud.journal()).filter(({ error }) => error?.startsWith('SlowDown')).length).toBeGreaterThanOrEqual(15);
  }),
);
