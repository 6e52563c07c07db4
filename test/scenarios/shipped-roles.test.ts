import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, lambdaRole, olderCommit, servingRole, trainingRole } from '../support/facts.ts';
import type { Job, ProjectChanges } from '../support/job.ts';
import type { LocalCloud } from '../support/local-cloud.ts';
import { expectExit, putModel, served } from '../support/serving.ts';
import { stack } from '../support/shipped-roles.ts';
import { arnOf } from '../support/stack.ts';
import { tuning } from '../support/tuning.ts';
import { until } from '../support/until.ts';
import { inWorld } from '../support/world.ts';

// Every session of every role is held to the policies of infra/bootstrap.yml here; only whose token may assume CI's roles is not in question.

/** A job without an account: it has nothing but its identity token, which is that of the pull request. */
const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
const trust = stack.roles.get('PullRequestRole')?.trust ?? {};
const roles = [...stack.roles].map(([name, role]) => ({
  arn: role.arn,
  trust: /^(PullRequest|Main|Deploy|CleanUp)Role$/.test(name) ? trust : role.trust,
  policies: role.policies,
}));

/** The project with the roles that the stack's outputs say. */
const withRoles = (changes: ProjectChanges, training: string): ProjectChanges => ({
  ...changes,
  spec: (text) =>
    (changes.spec?.(text) ?? text)
      .replaceAll(trainingRole, arnOf(training))
      .replaceAll(servingRole, arnOf('ServingRole'))
      .replaceAll(lambdaRole, arnOf('LambdaRole')),
});
const scaling = 'endpoint: { min: 1, max: 2, invocations-per-minute: 600 }\nlambda: { provisioned: 1 }';

/** What any role was refused, CI's and those of jobs, endpoints and functions. */
const refusals = async (cloud: LocalCloud) =>
  (await cloud.journal()).flatMap(({ principal, error }) =>
    /not authorized/.test(error ?? '') ? [`${principal}: ${error}`] : [],
  );

/** Operations that sessions of a role asked for. */
const askedBy = async (cloud: LocalCloud, role: string) =>
  (await cloud.journal()).flatMap(({ principal, operation }) =>
    principal.includes(`:assumed-role/${role}/`) ? [operation] : [],
  );

test('a pull request searches, trains and reports with what its role may do, and reuses', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const inputs = { 'role-to-assume': arnOf('PullRequestRole') };
    const checkout = project(withRoles(tuning(), 'TrainingRolePullRequest'));
    for (const _round of ['made', 'reused']) {
      const step = job({ project: checkout, env });
      const tuned = await step.step('tune-model', inputs).done;
      expectExit(tuned);
      expectExit(await step.afterStep('tune-model', tuned, inputs).done);
      const trained = await step.train(inputs).done;
      expectExit(trained);
      expectExit(await step.afterTrain(trained, inputs).done);
      expectExit(await step.report(inputs).done);
    }
    const asked = await askedBy(cloud, 'PullRequestRole');
    expect(asked).toEqual(
      expect.arrayContaining(['CreateHyperParameterTuningJob', 'CreateTrainingJob', 'PutObject', 'GetMetricData']),
    );
    expect(await refusals(cloud)).toEqual([]);
  }));

test('a release is deployed, scaled, called and promoted with what its role may do, and swept', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const inputs = { 'role-to-assume': arnOf('DeployRole') };
    const tag = (factor: number, commit: string) =>
      job({ event: 'tag', commit, project: project(withRoles(served({ factor, scaling }), 'TrainingRoleRelease')), env });
    const deploy = async (step: Job, more: Record<string, string> = {}) => {
      for (const [action, given] of [
        ['deploy-endpoint', { ...inputs, model, ...more }],
        ['configure-scaling', inputs],
        ['smoke-invoke', inputs],
      ] as const)
        expectExit(await step.step(action, given).done);
    };
    for (const [factor, commit] of [
      [1, olderCommit],
      [2, baseCommit],
    ] as const) {
      const step = tag(factor, commit);
      await deploy(step);
      const promoted = await step.step('promote-endpoint', inputs).done;
      expectExit(promoted);
      expectExit(await step.afterStep('promote-endpoint', promoted, inputs).done);
      expectExit(await step.report(inputs).done);
    }
    const unwanted = tag(3, headCommit);
    await deploy(unwanted, { 'candidate-ttl': '1s' });
    await until(
      'the removal of the candidate that nobody promoted',
      async () => {
        const swept = expectExit(await unwanted.step('clean-up', { 'role-to-assume': arnOf('CleanUpRole') }).done);
        return swept.outputs['removed'] === '[]' ? undefined : swept;
      },
      60,
    );
    expect(await askedBy(cloud, 'DeployRole')).toEqual(
      expect.arrayContaining(['CreateEndpoint', 'PutScalingPolicy', 'UpdateAlias']),
    );
    expect(await askedBy(cloud, 'LambdaRole')).toContain('InvokeEndpoint');
    expect(await askedBy(cloud, 'CleanUpRole')).toEqual(expect.arrayContaining(['DeleteEndpoint', 'DeleteFunction']));
    expect(await refusals(cloud)).toEqual([]);
  }));
