import { describe, expect, test } from '@jest/globals';
import operations from '../../../../scripts/generate/aws-operations.json' with { type: 'json' };
import { accessTables } from '../../../../src/cloud/services/iam/access/index.ts';
import { evaluate, parseIdentityPolicy, type Verdict } from '../../../../src/cloud/services/iam/evaluate.ts';
import { matchesPattern } from '../../../../src/cloud/services/iam/pattern.ts';

const object = 'arn:aws:s3:::octo-ml/trainyard/pr/1/a b';
const job = 'arn:aws:sagemaker:us-east-1:000000000000:training-job/digits-1';
type Case = [what: string, statements: object[], action: string, resource: string, context: Record<string, string[]>, Verdict];

const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::octo-ml/trainyard/pr/*' };
const listBelow = (prefix: string | string[]) => ({
  Effect: 'Allow',
  Action: ['s3:ListBucket'],
  Resource: 'arn:aws:s3:::octo-ml',
  Condition: { StringLike: { 's3:prefix': prefix } },
});
const bucket = 'arn:aws:s3:::octo-ml';
const own = {
  Effect: 'Allow',
  Action: 'sagemaker:Stop*',
  Resource: '*',
  Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } },
};
const anyOf = (operator: string, keys: string[]) => ({
  Effect: 'Allow',
  Action: 'sagemaker:AddTags',
  Resource: '*',
  Condition: { [operator]: { 'aws:TagKeys': keys } },
});

const cases: Case[] = [
  ['what is allowed', [read], 's3:GetObject', object, {}, 'allow'],
  ['an action in other case', [{ ...read, Action: 'S3:getobject' }], 's3:GetObject', object, {}, 'allow'],
  ['another action', [read], 's3:PutObject', object, {}, 'implicit deny'],
  ['another prefix', [read], 's3:GetObject', 'arn:aws:s3:::octo-ml/trainyard/main/x', {}, 'implicit deny'],
  ['a prefix that only begins so', [read], 's3:GetObject', 'arn:aws:s3:::octo-ml/trainyard/pr-2/x', {}, 'implicit deny'],
  ['a resource in other case', [read], 's3:GetObject', object.toUpperCase(), {}, 'implicit deny'],
  ['an action by a wildcard', [{ ...read, Action: 's3:Get*' }], 's3:GetObjectTagging', object, {}, 'allow'],
  ['an action of which one sign is open', [{ ...read, Action: 's3:?etObject' }], 's3:GetObject', object, {}, 'allow'],
  ['a deny that matches, too', [read, { ...read, Effect: 'Deny' }], 's3:GetObject', object, {}, 'explicit deny'],
  ['a deny of something else', [read, { ...read, Effect: 'Deny', Action: 's3:PutObject' }], 's3:GetObject', object, {}, 'allow'],
  ['all but some actions', [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }], 's3:GetObject', object, {}, 'allow'],
  ['one of those', [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }], 'iam:PassRole', '*', {}, 'implicit deny'],
  [
    'all but some resources',
    [{ ...read, Resource: undefined, NotResource: `${bucket}/secret/*` }],
    's3:GetObject',
    object,
    {},
    'allow',
  ],
  [
    'one of those resources',
    [{ ...read, Resource: undefined, NotResource: `${bucket}/trainyard/*` }],
    's3:GetObject',
    object,
    {},
    'implicit deny',
  ],
  ['a listing below the prefix', [listBelow('data/*')], 's3:ListBucket', bucket, { 's3:prefix': ['data/a'] }, 'allow'],
  [
    'a listing of one of the prefixes',
    [listBelow(['x/*', 'data/*'])],
    's3:ListBucket',
    bucket,
    { 's3:prefix': ['data/'] },
    'allow',
  ],
  ['a listing above the prefix', [listBelow('data/*')], 's3:ListBucket', bucket, { 's3:prefix': ['data'] }, 'implicit deny'],
  ['a listing of everything', [listBelow('data/*')], 's3:ListBucket', bucket, {}, 'implicit deny'],
  ['a resource with the tag', [own], 'sagemaker:StopTrainingJob', job, { 'aws:resourcetag/team': ['a'] }, 'allow'],
  ['a resource with another value', [own], 'sagemaker:StopTrainingJob', job, { 'aws:resourcetag/team': ['b'] }, 'implicit deny'],
  ['a resource without the tag', [own], 'sagemaker:StopTrainingJob', job, {}, 'implicit deny'],
  [
    'only tags that are allowed',
    [anyOf('ForAllValues:StringEquals', ['a', 'b'])],
    'sagemaker:AddTags',
    job,
    { 'aws:tagkeys': ['a'] },
    'allow',
  ],
  [
    'one tag too many',
    [anyOf('ForAllValues:StringEquals', ['a'])],
    'sagemaker:AddTags',
    job,
    { 'aws:tagkeys': ['a', 'x'] },
    'implicit deny',
  ],
  [
    'one of several tags',
    [anyOf('ForAnyValue:StringEquals', ['a'])],
    'sagemaker:AddTags',
    job,
    { 'aws:tagkeys': ['x', 'a'] },
    'allow',
  ],
  [
    'a variable that the request has',
    [{ ...read, Resource: `${bucket}/\${aws:PrincipalAccount}/*` }],
    's3:GetObject',
    `${bucket}/12/x`,
    { 'aws:principalaccount': ['12'] },
    'allow',
  ],
  [
    'a variable that it does not have',
    [{ ...read, Resource: `${bucket}/\${aws:username}/*` }],
    's3:GetObject',
    `${bucket}//x`,
    {},
    'implicit deny',
  ],
  ['no statement', [{ ...read, Action: 'ec2:*' }], 's3:GetObject', object, {}, 'implicit deny'],
];

test.each(cases)('%s', (_what, Statement, action, resource, context, verdict) => {
  const policy = parseIdentityPolicy(JSON.stringify({ Version: '2012-10-17', Statement }));
  expect(evaluate([policy], { action, resource, context })).toBe(verdict);
});

test('statements of all policies of a role count together', () => {
  const [allow, deny] = [
    parseIdentityPolicy({ Statement: read }),
    parseIdentityPolicy({ Statement: { ...read, Effect: 'Deny' } }),
  ];
  const asked = { action: 's3:GetObject', resource: object, context: {} };
  expect(evaluate([allow], asked)).toBe('allow');
  expect(evaluate([allow, deny], asked)).toBe('explicit deny');
  expect(evaluate([], asked)).toBe('implicit deny');
});

describe('a document that is no policy is refused', () => {
  test.each<[document: unknown, text: string]>([
    ['{', 'invalid Json'],
    [{}, 'no Statement'],
    [{ Statement: { ...read, Effect: 'allow' } }, 'Invalid effect: "allow"'],
    [{ Statement: { ...read, Action: undefined } }, 'must contain actions'],
    [{ Statement: { ...read, NotAction: 's3:*' } }, 'must contain actions'],
    [{ Statement: { ...read, Resource: [] } }, 'must contain resources'],
    [{ Statement: { ...read, Principal: '*' } }, 'should not specify a principal'],
    [{ Statement: { ...read, Condition: { StringSimilar: { a: 'b' } } } }, 'Invalid Condition type : StringSimilar'],
  ])('%j', (document, text) => {
    expect(() => parseIdentityPolicy(document)).toThrow(text);
  });
});

test.each<[pattern: string, text: string, matches: boolean]>([
  ['a*c', 'abbc', true],
  ['a*c', 'ac', true],
  ['a?c', 'ac', false],
  ['a.c', 'abc', false],
  ['a*', 'a\nb', true],
  ['${x}', '*', true],
  ['${x}', 'anything', false],
  ['a${*}', 'a*', true],
  ['a${*}', 'ab', false],
  ['${$}{x}', '${x}', true],
])('%j means %j: %s', (pattern, text, matches) => {
  expect(matchesPattern(pattern, text, (name) => (name === 'x' ? '*' : undefined))).toBe(matches);
});

test('every operation that the local cloud serves has what it needs to be allowed', () => {
  const listed = Object.fromEntries(Object.entries(accessTables).map(([name, table]) => [name, Object.keys(table)]));
  const missing = Object.entries(operations).flatMap(([service, names]) =>
    names.filter((name) => !listed[service]?.includes(name)).map((name) => `${service}:${name}`),
  );
  expect(missing).toEqual([]);
});
