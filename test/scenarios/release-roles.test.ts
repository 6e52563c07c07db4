import { AttachRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, olderCommit } from '../support/facts.ts';
import type { LocalCloud } from '../support/local-cloud.ts';
import { messages } from '../support/stable.ts';
import { deploy, expectExit, putModel, roles, served } from '../support/serving.ts';
import { inWorld, weathers } from '../support/world.ts';

async function inIam(cloud: LocalCloud, act: (client: IAMClient) => Promise<unknown>): Promise<void> {
  const { accessKeyId, secretAccessKey, region, url } = cloud.aws;
  const client = new IAMClient({ endpoint: url, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 8 });
  try {
    await act(client);
  } finally {
    client.destroy();
  }
}

test.concurrent.each(weathers)(
  'a role that may do far more than it needs is a warning with the policy to put instead; else there is none, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const tag = (factor: number, commit: string) => job({ event: 'tag', commit, project: project(served({ factor })) });

      const first = tag(1, olderCommit);
      const deployed = await deploy(first, { model });
      expect(messages(deployed.log, 'warning')).not.toContain('roles.');
      const good = expectExit(await first.report().done).summary;
      expect(good).toContain('digits');
      expect(good).not.toContain('roles.');

      await inIam(cloud, async (iam) => {
        const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess';
        await iam.send(new AttachRolePolicyCommand({ RoleName: 'octo-serving', PolicyArn }));
        const PolicyDocument = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] });
        await iam.send(new PutRolePolicyCommand({ RoleName: 'octo-lambda', PolicyName: 'all', PolicyDocument }));
      });
      const second = tag(2, baseCommit);
      const warned = await deploy(second, { model });
      expect(messages(warned.log, 'warning')).toContain('octo-serving) has AmazonSageMakerFullAccess');
      const bad = expectExit(await second.report().done).summary;
      expect(bad).toContain(
        '- ⚠️ `roles.serving` (`octo-serving`) has `AmazonSageMakerFullAccess`, far more than this model needs',
      );
      expect(bad).toContain('- ⚠️ `roles.lambda` (`octo-lambda`) has `all (inline)`');
      expect(bad).not.toContain('roles.training');
      expect(policyFor('serving', bad)).toContainEqual({
        Sid: 'Read',
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: ['arn:aws:s3:::octo-ml/trainyard/main/*', 'arn:aws:s3:::octo-ml/trainyard/release/*'],
      });
      expect(policyFor('lambda', bad)).toContainEqual({
        Sid: 'Invoke',
        Effect: 'Allow',
        Action: 'sagemaker:InvokeEndpoint',
        Resource: 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/digits-*',
      });

      // An account need not let CI look at its roles; the release goes on.
      const effect = { kind: 'error', code: 'AccessDenied', message: 'No.', status: 403 } as const;
      await cloud.addFault({ id: 'iam', service: 'iam', operation: '*', when: 'before', effect });
      const third = tag(3, headCommit);
      const unseen = await deploy(third, { model });
      expect(messages(unseen.log, 'warning')).not.toContain('roles.');
      const note = expectExit(await third.report().done).summary;
      expect(note).toMatch(
        /- ℹ️ Whether roles\.training, roles\.serving and roles\.lambda may do more than needed could not be checked/,
      );
      expect(note).not.toContain('⚠️ `roles.');
    }),
);

/** Statements of the policy that the report shows for a role. */
function policyFor(use: string, summary: string): unknown[] {
  const [, json = ''] =
    new RegExp(`Policy for roles\\.${use}, as JSON</summary>\\n+\`\`\`text\\n([^\`]+)\`\`\``).exec(summary) ?? [];
  const policy: unknown = JSON.parse(json);
  if (typeof policy !== 'object' || policy === null || !('Statement' in policy) || !Array.isArray(policy.Statement))
    throw new Error(`There is no policy for roles.${use} in the report.`);
  return policy.Statement;
}
