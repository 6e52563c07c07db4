import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkRoles, describeBroadRoles } from '../../../src/actions/deploy-endpoint/check-roles.ts';
import { findBroadPolicies } from '../../../src/serving/broad-policies.ts';
import { findLeastPolicy, type PolicyPlace } from '../../../src/serving/least-policy.ts';

const aws = 'arn:aws:iam::aws:policy/';
const allow = (Action: unknown, Resource: unknown = '*', more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource, ...more }],
});
const inline = (document: unknown) => ({ kind: 'read' as const, attached: [], inline: [{ name: 'mine', document }] });

describe('what counts as far too much', () => {
  test.each([
    'AmazonSageMakerFullAccess',
    'AdministratorAccess',
    'PowerUserAccess',
    'AmazonS3FullAccess',
    'AWSLambda_FullAccess',
    'IAMFullAccess',
    'ReadOnlyAccess',
    'AmazonS3ReadOnlyAccess',
    'job-function/SystemAdministrator',
  ])('AWS’s %s', (name) => {
    expect(findBroadPolicies({ kind: 'read', attached: [`${aws}${name}`], inline: [] })).toEqual([name.split('/').at(-1)]);
  });

  test.each([
    ['AWS’s policy for one task', `${aws}service-role/AWSLambdaBasicExecutionRole`],
    ['an account’s own policy of such a name', 'arn:aws:iam::000000000000:policy/MyFullAccess'],
    ['reading one service’s images', `${aws}AmazonEC2ContainerRegistryReadOnly`],
  ])('not %s', (_name, arn) => {
    expect(findBroadPolicies({ kind: 'read', attached: [arn], inline: [] })).toEqual([]);
  });

  test.each<[string, unknown, boolean]>([
    ['every action on everything', allow('*'), true],
    ['all of a service on everything', allow(['logs:PutLogEvents', 's3:*']), true],
    ['all but something', { Statement: { Effect: 'Allow', NotAction: 'iam:*', Resource: ['*'] } }, true],
    ['all of a service in one bucket', allow('s3:*', 'arn:aws:s3:::octo-ml/*'), false],
    ['one action on everything', allow('ecr:GetAuthorizationToken'), false],
    ['all of a service under a condition', allow('s3:*', '*', { Condition: { Bool: { x: 'true' } } }), false],
    ['a denial', { Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }, false],
    ['no policy at all', 'nonsense', false],
  ])('inline: %s', (_name, document, broad) => {
    expect(findBroadPolicies(inline(document))).toEqual(broad ? ['mine (inline)'] : []);
  });

  test('every role of the spec is looked at, and one that nobody may look at is not called good', async () => {
    const roles = { training: 'arn:t', serving: 'arn:s', lambda: 'arn:l', ec2: 'profile' };
    const checked = await checkRoles(
      { roles },
      {
        read: async (arn) =>
          arn === 'arn:l'
            ? { kind: 'unreadable', why: 'no' }
            : { kind: 'read', attached: arn === 'arn:s' ? [`${aws}AdministratorAccess`] : [], inline: [] },
      },
    );
    expect(checked).toEqual([
      { use: 'training', arn: 'arn:t', policies: { kind: 'read', broad: [] } },
      { use: 'serving', arn: 'arn:s', policies: { kind: 'read', broad: ['AdministratorAccess'] } },
      { use: 'lambda', arn: 'arn:l', policies: { kind: 'unreadable', why: 'no' } },
    ]);
    expect(describeBroadRoles(checked)).toEqual([expect.stringMatching(/^roles\.serving \(arn:s\) has AdministratorAccess: /)]);
  });
});

// ---- the policy to put instead: what the stack would give -----------------------------------------------------------

const parameters: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::AccountId': '123456789012',
  ModelName: 'digits',
  DataPrefix: 'data/digits',
  'Bucket.Arn': 'arn:aws:s3:::octo-ml',
};
const resolve = (text: string) => text.replaceAll(/\$\{([\w:.]+)\}/g, (whole, name: string) => parameters[name] ?? whole);
const template = parse(readFileSync(join(import.meta.dirname, '../../../infra/bootstrap.yml'), 'utf8'), {
  customTags: [
    { tag: '!Sub', resolve },
    { tag: '!Ref', resolve: (name: string) => parameters[name] ?? name },
    { tag: '!GetAtt', resolve: (name: string) => parameters[name] ?? name },
    ...['!If', '!Equals', '!And', '!Or', '!Not'].map((tag) => ({ tag, collection: 'seq' as const })),
  ],
  logLevel: 'silent',
}).Resources;

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}
const sorted = (value: string | readonly string[]) => [value].flat().toSorted();
/** What of a statement has an effect, in one order. */
const normal = ({ Action, Resource, Condition }: Statement) =>
  JSON.stringify([sorted(Action), sorted(Resource), Condition ?? null], (_key, value: unknown) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.toSorted() : value,
  );

/** Statements of a role of the stack; `vpc`: with those that AllowVpc adds. */
function statementsOf(name: string, vpc: boolean): string[] {
  const { PolicyDocument, Policies = [], ManagedPolicyArns = [] } = template[name].Properties;
  const documents = [PolicyDocument, ...Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument)];
  const own = documents
    .filter(Boolean)
    .flatMap(({ Statement }: { Statement: (Statement | [string, Statement, unknown])[] }) => Statement)
    .flatMap((one: Statement | [string, Statement, unknown]) => (Array.isArray(one) ? (vpc ? [one[1]] : []) : [one]));
  return [...own.map(normal), ...ManagedPolicyArns.flatMap((policy: string) => statementsOf(policy, vpc))];
}

const place: PolicyPlace = {
  name: 'digits',
  region: 'eu-west-1',
  bucket: 'octo-ml',
  zone: 'pull-request',
  network: { subnets: [], securityGroups: [], isolation: false },
  data: {
    training: { from: { kind: 'https', url: 'https://x.example/a.zip' }, to: 's3://octo-ml/data/digits' },
    test: { from: { kind: 's3', uri: 's3://octo-ml/data/digits/' } },
    more: { from: { kind: 'folder', path: 'data' } },
  },
};
const arn = 'arn:aws:iam::123456789012:role/some/path/octo';
const network = { subnets: ['subnet-1'], securityGroups: ['sg-1'], isolation: false };

describe('the policy to put instead is equal in effect to what infra/bootstrap.yml gives', () => {
  test.each([
    ['training', 'pull-request', 'TrainingRolePullRequest'],
    ['training', 'main', 'TrainingRoleMain'],
    ['training', 'release', 'TrainingRoleRelease'],
    ['serving', 'release', 'ServingRole'],
    ['lambda', 'release', 'LambdaRole'],
  ] as const)('%s of %s as %s', (use, zone, name) => {
    for (const vpc of [false, true]) {
      const policy = findLeastPolicy(use, arn, { ...place, zone, ...(vpc && { network }) });
      const expected = statementsOf(name, vpc);
      expect(expected.length).toBeGreaterThan(1);
      expect((policy?.Statement ?? []).map((one) => normal(one)).toSorted()).toEqual(expected.toSorted());
    }
  });

  test('and is nothing that it warns of, small enough for an inline policy, with each Sid once', () => {
    for (const use of ['training', 'serving', 'lambda'] as const) {
      const policy = findLeastPolicy(use, arn, { ...place, network, kmsKey: 'alias/ml' });
      expect(findBroadPolicies(inline(policy))).toEqual([]);
      expect(JSON.stringify(policy).length).toBeLessThan(10_240);
      const sids = policy?.Statement.map(({ Sid }) => Sid) ?? [];
      expect(new Set(sids).size).toBe(sids.length);
    }
  });

  test('data in other buckets, and a key', () => {
    const data = { training: { from: { kind: 's3', uri: 's3://other' } } } as const;
    const statements = findLeastPolicy('training', arn, { ...place, data, kmsKey: '1234abcd-12ab' })?.Statement ?? [];
    expect(statements.find(({ Sid }) => Sid === 'Data1Read')?.Resource).toEqual(['arn:aws:s3:::other/*']);
    expect(statements.find(({ Sid }) => Sid === 'Key')?.Resource).toBe('arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab');
    expect(findLeastPolicy('training', 'octo', place)).toBeUndefined();
  });
});
