import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');

interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

// CloudFormation's short functions become what stands behind them: the texts are what is looked at.
const tags = ['!Ref', '!Sub', '!GetAtt'].map((tag) => ({ tag, resolve: (text: string) => text }));
const lists = ['!If', '!Equals', '!And', '!Or', '!Not'].map((tag) => ({ tag, collection: 'seq' as const }));
const { Resources: resources } = parse(readFileSync(join(root, 'infra/bootstrap.yml'), 'utf8'), {
  customTags: [...tags, ...lists],
  logLevel: 'silent',
});

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
/** Statements of a role or policy; those behind a condition count as there. */
function statementsOf(name: string): Statement[] {
  const { PolicyDocument, Policies = [], ManagedPolicyArns = [] } = resources[name].Properties;
  const own = [PolicyDocument, ...Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument)].filter(Boolean);
  const flat = own
    .flatMap((document: { Statement: unknown[] }) => document.Statement.flat())
    .filter((one): one is Statement => typeof one === 'object' && one !== null && 'Action' in one);
  return [
    ...flat,
    ...list(ManagedPolicyArns)
      .flat()
      .filter((arn: string) => resources[arn]?.Type === 'AWS::IAM::ManagedPolicy')
      .flatMap(statementsOf),
  ];
}
const allows = (name: string, action: string) =>
  statementsOf(name).filter((one) => one.Effect === 'Allow' && list(one.Action).includes(action));

const zones = [
  ['PullRequestRole', 'TrainingRolePullRequest', ['trainyard/pr/*']],
  ['MainRole', 'TrainingRoleMain', ['trainyard/main/*', '${DataPrefix}/*', '${DataPrefix}.manifest.json']],
  ['DeployRole', 'TrainingRoleRelease', ['trainyard/release/*']],
] as const;

/** The actions that an adapter's source says it calls: in full, or by operation with the service in its `doing`. */
function actionsOf(source: string): string[] {
  const service = /action: `([a-z-]+):\$\{action\}`/.exec(source)?.[1];
  const operations = [...source.matchAll(/\b(?:doing|write)\('([A-Z][A-Za-z]+)'/g)].map(
    ([, operation]) => `${service}:${operation}`,
  );
  return [...[...source.matchAll(/action: '([a-z0-9-]+:[A-Za-z]+)'/g)].map(([, action = '']) => action), ...operations];
}

const folder = join(root, 'src/aws');
const adapters = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
// Only releases deploy, scale and promote; the other zones have no business with what serves.
const serving = adapters.filter((source) => source.includes('serving/ports.ts'));
const others = adapters.filter((source) => !source.includes('serving/ports.ts'));
// Nor does a release train on machines of EC2: what it deploys was trained on main.
const runsMachines = (source: string) => /action: 'ec2:/.test(source);
// Data that is gone from its source is removed by main alone.
const removes = 's3:DeleteObject';
const keep = (actions: string[]) => actions.filter((action) => action !== removes);
const needs: Record<string, string[]> = {
  PullRequestRole: keep(others.flatMap(actionsOf)),
  MainRole: others.flatMap(actionsOf),
  DeployRole: keep(adapters.filter((source) => !runsMachines(source)).flatMap(actionsOf)),
};

describe.each(zones)('%s', (role, training, writes) => {
  test('may do every action the adapters say they do', () => {
    const actions = new Set(needs[role]);
    for (const free of ['sts:GetCallerIdentity', 'sts:AssumeRoleWithWebIdentity']) actions.delete(free);
    expect(actions.size).toBeGreaterThan(8);
    expect([...actions].filter((action) => allows(role, action).length === 0)).toEqual([]);
  });

  test('writes its own prefix only', () => {
    const written = allows(role, 's3:PutObject').flatMap((one) => list(one.Resource));
    expect(written).toEqual(writes.map((prefix) => `\${Bucket.Arn}/${prefix}`));
    const removed = allows(role, removes).map((one) => one.Resource);
    expect(removed).toEqual(role === 'MainRole' ? ['${Bucket.Arn}/${DataPrefix}/*'] : []);
  });

  test('passes one training role, and only to the service it is for', () => {
    const passed = allows(role, 'iam:PassRole');
    for (const one of passed) expect(one.Condition?.['StringEquals']).toHaveProperty(['iam:PassedToService']);
    const toSageMaker = passed.filter(
      (one) => one.Condition?.['StringEquals']?.['iam:PassedToService'] === 'sagemaker.amazonaws.com',
    );
    expect(toSageMaker.map((one) => one.Resource).filter((arn) => String(arn).startsWith('TrainingRole'))).toEqual([
      `${training}.Arn`,
    ]);
  });

  test('lets in both forms of sub, for one audience', () => {
    const [trust] = resources[role].Properties.AssumeRolePolicyDocument.Statement;
    const conditions = Object.assign({}, ...Object.values(trust.Condition));
    expect(conditions['token.actions.githubusercontent.com:aud']).toBe('sts.amazonaws.com');
    const subs: string[] = conditions['token.actions.githubusercontent.com:sub'].flat();
    expect(subs.some((sub) => sub.startsWith('repo:${GitHubOwner}/${GitHubRepository}:'))).toBe(true);
    expect(
      subs.some((sub) => sub.startsWith('repo:${GitHubOwner}@${GitHubOwnerId}/${GitHubRepository}@${GitHubRepositoryId}:')),
    ).toBe(true);
    expect(subs.filter((sub) => sub.includes('*'))).toEqual(subs.filter((sub) => sub.endsWith(':ref:refs/tags/v*')));
  });

  test('its jobs write the same prefix and no other', () => {
    const written = allows(training, 's3:PutObject').flatMap((one) => list(one.Resource));
    expect(written).toEqual([`\${Bucket.Arn}/${writes[0]}`]);
  });
});

test('only releases may make or change what serves', () => {
  const changes = new Set(
    serving.flatMap(actionsOf).filter((action) => /:(Create|Update|Put|Publish|Register|Invoke)/.test(action)),
  );
  expect(changes.size).toBeGreaterThan(8);
  for (const role of ['PullRequestRole', 'MainRole', 'CleanUpRole'])
    expect([...changes].filter((action) => allows(role, action).length > 0)).toEqual([]);
});

test('nothing is allowed on every resource but what AWS cannot limit', () => {
  const names = Object.keys(resources).filter(
    (name) => /Role|Policy|Control|Runtime/.test(name) && resources[name].Type !== 'AWS::S3::BucketPolicy',
  );
  const anywhere = names.flatMap(statementsOf).filter((one) => one.Effect === 'Allow' && list(one.Resource).includes('*'));
  expect([...new Set(anywhere.map((one) => one.Sid))].sort()).toEqual([
    'FindMachines',
    'ImageToken',
    'LookAround',
    'Metrics',
    'Network',
    'ReadMetricsAndPrices',
    'Watch',
  ]);
  expect(names.flatMap(statementsOf).filter((one) => list(one.Action).some((action) => action.includes('*')))).toEqual([]);
});
