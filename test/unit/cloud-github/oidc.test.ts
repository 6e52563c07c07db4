import { describe, expect, test } from '@jest/globals';
import { createIdentityProvider, issuer, type JobClaims } from '../../../src/cloud/github/oidc.ts';

const claims: JobClaims = {
  repository: 'o/r',
  repository_id: '2',
  repository_owner: 'o',
  repository_owner_id: '1',
  ref: 'refs/heads/main',
  sha: 'abc',
  event_name: 'pull_request',
  head_ref: 'topic',
  base_ref: 'main',
  workflow: 'train',
  workflow_ref: 'o/r/.github/workflows/train.yml@refs/heads/main',
  run_id: '1',
  run_number: '1',
  run_attempt: '1',
  actor: 'dev',
};

function provider(subjectForm: 'names' | 'names-and-ids' = 'names') {
  let now = Date.parse('2026-11-22T00:00:00Z');
  const clock = { now: () => new Date(now), sleep: async () => undefined };
  return { identity: createIdentityProvider({ clock, subjectForm }), pass: (seconds: number) => void (now += seconds * 1000) };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('identity tokens', () => {
  test.each([
    ['names', {}, 'repo:o/r:pull_request'],
    ['names', { event_name: 'push' }, 'repo:o/r:ref:refs/heads/main'],
    ['names', { environment: 'production' }, 'repo:o/r:environment:production'],
    ['names-and-ids', {}, 'repo:o@1/r@2:pull_request'],
    ['names-and-ids', { event_name: 'push' }, 'repo:o@1/r@2:ref:refs/heads/main'],
  ] as const)('with %s and %j the subject is %s', async (form, change, sub) => {
    const { identity } = provider(form);
    const token = identity.mint(identity.allow({ ...claims, ...change }), 'sts.amazonaws.com') ?? '';
    expect(await identity.verify(token)).toMatchObject({ sub, aud: 'sts.amazonaws.com', iss: issuer, repository: 'o/r' });
  });

  test('only a running job gets one', () => {
    const { identity } = provider();
    expect(identity.mint('guess', 'x')).toBeUndefined();
  });

  test('ends after five minutes', async () => {
    const { identity, pass } = provider();
    const token = identity.mint(identity.allow(claims), 'x') ?? '';
    pass(299);
    await expect(identity.verify(token)).resolves.toBeDefined();
    pass(1);
    await expect(identity.verify(token)).rejects.toThrow('expired');
  });

  test('a changed claim, another key and another algorithm are found out', async () => {
    const { identity } = provider();
    const token = identity.mint(identity.allow(claims), 'x') ?? '';
    const [header = '', payload = '', signature = ''] = token.split('.');
    const forged = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'repo:o/r:ref:refs/heads/main' };
    await expect(identity.verify(`${header}.${encode(forged)}.${signature}`)).rejects.toThrow('signature');
    await expect(identity.verify(`${encode({ alg: 'none' })}.${payload}.${signature}`)).rejects.toThrow('RS256');
    await expect(provider().identity.verify(token)).rejects.toThrow('signature');
    await expect(identity.verify('nonsense')).rejects.toThrow('not a JWT');
  });
});
