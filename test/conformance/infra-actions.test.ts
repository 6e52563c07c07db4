import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from '../support/shipped-roles.ts';
import { root } from './peers.ts';

/** Prefixes of actions, where the client of the SDK has another name. */
const prefixes: Readonly<Record<string, string>> = {
  'application-auto-scaling': 'application-autoscaling',
  'cloudwatch-logs': 'logs',
  'sagemaker-runtime': 'sagemaker',
};

/** Actions that are no operation of the same name: what is sent that needs them. */
const because: Readonly<Record<string, string>> = {
  'ec2:CreateTags': 'ec2:RunInstances',
  'iam:PassRole': 'sagemaker:CreateTrainingJob',
  'lambda:InvokeFunction': 'lambda:Invoke',
  'lambda:TagResource': 'lambda:CreateFunction',
  's3:DeleteObject': 's3:DeleteObjects',
  's3:ListBucket': 's3:ListObjectsV2',
  // Application Auto Scaling asks whether its caller may do what it does for it (its documentation, 2026-11).
  'cloudwatch:DeleteAlarms': 'application-autoscaling:DeregisterScalableTarget',
  'cloudwatch:DescribeAlarms': 'application-autoscaling:PutScalingPolicy',
  'cloudwatch:PutMetricAlarm': 'application-autoscaling:PutScalingPolicy',
  'iam:CreateServiceLinkedRole': 'application-autoscaling:RegisterScalableTarget',
};

/** Every operation that the product sends, by what its adapters import of the SDK's clients. */
function listSent(): Set<string> {
  const folder = join(root, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.startsWith('cloud/'),
  );
  const imports = /import \{([^}]+)\} from '@aws-sdk\/client-([\w-]+)'/g;
  return new Set(
    files.flatMap((path) =>
      [...readFileSync(join(folder, path), 'utf8').matchAll(imports)].flatMap(([, names = '', client = '']) =>
        [...names.matchAll(/(?:paginate(\w+)|(\w+)Command)\b/g)].map(
          ([, paged, sent]) => `${prefixes[client] ?? client}:${paged ?? sent}`,
        ),
      ),
    ),
  );
}

test('CI may do nothing that the product never asks for', () => {
  const sent = listSent();
  expect(sent).toContain('ec2:RunInstances');
  const roles = ['PullRequestRole', 'MainRole', 'CleanUpRole', 'DeployRole'];
  const allowed = roles.flatMap((name) =>
    Object.values(stack.roles.get(name)?.policies ?? {}).flatMap(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action.map((action) => ({ name, action }))),
    ),
  );
  expect(allowed.length).toBeGreaterThan(100);
  const unused = allowed.filter(({ action }) => !sent.has(because[action] ?? action));
  expect(unused).toEqual([]);
});
