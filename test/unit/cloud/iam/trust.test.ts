import { describe, expect, test } from '@jest/globals';
import { conditionHolds } from '../../../../src/cloud/services/iam/conditions.ts';
import { type Asker, parseTrust, trusts } from '../../../../src/cloud/services/iam/trust.ts';

const provider = 'token.actions.githubusercontent.com';
const providerArn = `arn:aws:iam::000000000000:oidc-provider/${provider}`;

function asker(sub: string, aud = 'sts.amazonaws.com'): Asker {
  const context = { [`${provider}:sub`]: [sub], [`${provider}:aud`]: [aud] };
  return { kind: 'Federated', names: [provider, providerArn], action: 'sts:AssumeRoleWithWebIdentity', context };
}

function gitHubTrust(subs: string | string[], operator = 'StringLike') {
  const Condition = { StringEquals: { [`${provider}:aud`]: 'sts.amazonaws.com' }, [operator]: { [`${provider}:sub`]: subs } };
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: providerArn },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition,
  };
  return { Version: '2012-10-17', Statement: [statement] };
}

describe("trust in GitHub's tokens", () => {
  const bothForms = ['repo:o/r:*', 'repo:o@1/r@2:*'];
  const cases: [trust: object, asker: Asker, trusted: boolean][] = [
    [gitHubTrust('repo:o/r:*'), asker('repo:o/r:pull_request'), true],
    [gitHubTrust('repo:o/r:*'), asker('repo:o/other:pull_request'), false],
    [gitHubTrust('repo:o/r:*'), asker('repo:o/r2:ref:refs/heads/main'), false],
    [gitHubTrust('repo:o/r:*'), asker('repo:o@1/r@2:pull_request'), false],
    [gitHubTrust(bothForms), asker('repo:o@1/r@2:pull_request'), true],
    [gitHubTrust(bothForms), asker('repo:o/r:pull_request'), true],
    [gitHubTrust('repo:o/r:*', 'StringEquals'), asker('repo:o/r:pull_request'), false],
    [gitHubTrust('repo:o/r:ref:refs/heads/main', 'StringEquals'), asker('repo:o/r:ref:refs/heads/main'), true],
    [gitHubTrust('repo:o/r:*'), asker('repo:o/r:pull_request', 'somebody-else'), false],
    [gitHubTrust('repo:o/r:*'), { ...asker('repo:o/r:x'), names: ['evil.example'] }, false],
    [gitHubTrust('repo:o/r:*'), { ...asker('repo:o/r:x'), action: 'sts:AssumeRole' }, false],
  ];
  test.each(cases)('%j %j: %s', (trust, who, trusted) => {
    expect(trusts(parseTrust(JSON.stringify(trust)), who)).toBe(trusted);
  });

  test('a Deny wins', () => {
    const { Statement } = gitHubTrust('*');
    const policy = { Statement: [...Statement, { ...gitHubTrust('repo:o/r:pull_request').Statement[0], Effect: 'Deny' }] };
    expect(trusts(parseTrust(policy), asker('repo:o/r:pull_request'))).toBe(false);
    expect(trusts(parseTrust(policy), asker('repo:o/r:ref:refs/heads/main'))).toBe(true);
  });
});

test.each<[string, object, boolean]>([
  ['its service', { Service: 'sagemaker.amazonaws.com' }, true],
  ['one of its services', { Service: ['lambda.amazonaws.com', 'sagemaker.amazonaws.com'] }, true],
  ['another service', { Service: 'lambda.amazonaws.com' }, false],
  ['another kind of principal of that name', { AWS: 'sagemaker.amazonaws.com' }, false],
])('a role trusts %s', (_what, Principal, trusted) => {
  const policy = parseTrust({ Statement: { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' } });
  expect(trusts(policy, { kind: 'Service', names: ['sagemaker.amazonaws.com'], action: 'sts:AssumeRole', context: {} })).toBe(
    trusted,
  );
});

test('an account number stands for its root', () => {
  const policy = parseTrust({ Statement: [{ Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:*' }] });
  expect(trusts(policy, { kind: 'AWS', names: ['arn:aws:iam::000000000000:root'], action: 'sts:AssumeRole', context: {} })).toBe(
    true,
  );
});

describe('conditions', () => {
  test.each<[operator: string, wanted: string[], actual: string[] | undefined, holds: boolean]>([
    ['StringEquals', ['a', 'b'], ['b'], true],
    ['StringEquals', ['a'], ['A'], false],
    ['StringEquals', ['a'], undefined, false],
    ['StringEqualsIfExists', ['a'], undefined, true],
    ['StringEqualsIgnoreCase', ['a'], ['A'], true],
    ['StringNotEquals', ['a'], ['b'], true],
    ['StringNotEquals', ['a', 'b'], ['b'], false],
    ['StringNotEquals', ['a'], undefined, true],
    ['StringLike', ['repo:?/r:*'], ['repo:o/r:x'], true],
    ['StringLike', ['a.c'], ['abc'], false],
    ['StringLike', ['*'], [''], true],
    ['StringNotLike', ['a*'], ['abc'], false],
    ['ForAnyValue:StringEquals', ['a'], ['x', 'a'], true],
    ['ForAnyValue:StringEquals', ['a'], undefined, false],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'x'], false],
    ['ForAllValues:StringEquals', ['a'], undefined, true],
    ['Null', ['true'], undefined, true],
    ['Null', ['true'], ['a'], false],
    ['Null', ['false'], ['a'], true],
    ['Bool', ['true'], ['True'], true],
    ['Nonsense', ['a'], ['a'], false],
  ])('%s %j of %j: %s', (operator, wanted, actual, holds) => {
    expect(conditionHolds(operator, wanted, actual)).toBe(holds);
  });
});

test.each<[string, unknown]>([
  ['no JSON', '{'],
  ['no statement', {}],
  ['no principal', { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole' }] }],
  ['no action', { Statement: [{ Effect: 'Allow', Principal: '*' }] }],
  ['a wrong effect', { Statement: [{ Effect: 'allow', Principal: '*', Action: '*' }] }],
  ['a resource', { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] }],
  [
    'an unknown operator',
    { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Condition: { StringLooksLike: { a: 'b' } } }] },
  ],
])('a policy with %s is refused when it is made', (_what, document) => {
  expect(() => parseTrust(document)).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument' }));
});
