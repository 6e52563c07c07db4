import { describe, expect, test } from '@jest/globals';
import { readContext } from '../../../src/runner/context.ts';
import { findUntrusted } from '../../../src/runner/trust.ts';

const env = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_EVENT_PATH: '/event.json',
  GITHUB_REPOSITORY: 'octo/dogs',
  GITHUB_REPOSITORY_ID: '42',
  GITHUB_SERVER_URL: 'https://github.example/',
  GITHUB_SHA: 'merge',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_ACTOR: 'ann',
  GITHUB_WORKFLOW: 'train',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_JOB: 'train',
  GITHUB_ACTION: '__run',
};
const repository = { default_branch: 'main' };
const side = (sha: string, ref: string, id: number | null) => ({ sha, ref, repo: id === null ? null : { id } });
const pull = (headRepository: number | null) => ({
  number: 3,
  title: 'Breeds',
  head: side('head', 'topic', headRepository),
  base: side('base', 'main', 42),
});
const read = (event: unknown, more: NodeJS.ProcessEnv = {}, matrix?: string) =>
  readContext({ ...env, ...more }, async () => (typeof event === 'string' ? event : JSON.stringify(event)), matrix);

describe('where a run comes from', () => {
  test('a push', async () => {
    expect(await read({ repository }, {}, '{"leg":1}')).toEqual({
      repository: { id: '42', owner: 'octo', name: 'dogs' },
      serverUrl: 'https://github.example',
      event: 'push',
      commit: 'merge',
      ref: 'refs/heads/main',
      defaultBranch: 'main',
      actor: 'ann',
      workflow: { name: 'train', runId: '7', attempt: 2, job: 'train', step: '__run', matrix: '{"leg":1}' },
    });
  });

  test('a pull request: its head, not the merge commit', async () => {
    const context = await read(
      { repository, pull_request: pull(42) },
      { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/3/merge' },
    );
    expect(context.commit).toBe('head');
    expect(context.pullRequest).toEqual({
      number: 3,
      title: 'Breeds',
      headRef: 'topic',
      baseRef: 'main',
      baseCommit: 'base',
      fork: false,
    });
  });

  test.each([
    [42, false],
    [43, true],
    [null, true],
  ])('head repository %p: fork %p', async (id, fork) => {
    expect((await read({ repository, pull_request: pull(id) })).pullRequest?.fork).toBe(fork);
  });

  test('a tag, a dispatch and a schedule', async () => {
    expect((await read({ repository }, { GITHUB_REF: 'refs/tags/v1' })).ref).toBe('refs/tags/v1');
    expect((await read({ repository, inputs: {} }, { GITHUB_EVENT_NAME: 'workflow_dispatch' })).event).toBe('workflow_dispatch');
    expect(
      (await read({ schedule: '0 0 * * *' }, { GITHUB_EVENT_NAME: 'schedule', GITHUB_REF_NAME: 'trunk' })).defaultBranch,
    ).toBe('trunk');
  });

  test.each([
    ['{', {}, 'not as GitHub writes it: the whole'],
    [{ repository, pull_request: { number: 'x' } }, {}, 'pull_request.number'],
    [{}, {}, 'default branch'],
    [{ repository }, { GITHUB_RUN_ATTEMPT: 'x' }, 'GITHUB_RUN_ATTEMPT is "x"'],
    [{ repository }, { GITHUB_RUN_ID: '' }, 'The variable GITHUB_RUN_ID is not set.'],
  ])('event %j with %j: %s', async (event, more, message) => {
    await expect(read(event, more)).rejects.toMatchObject({ kind: 'configuration', message: expect.stringContaining(message) });
  });

  test('a payload that cannot be read', async () => {
    const unreadable = readContext(env, () => Promise.reject(new Error('gone')));
    await expect(unreadable).rejects.toMatchObject({ kind: 'configuration', message: expect.stringContaining('gone') });
  });
});

describe('trust', () => {
  test.each([
    ['its own branch', pull(42), {}, undefined],
    ['a fork', pull(43), {}, 'Pull request #3 comes from a fork'],
    ['Dependabot', pull(42), { GITHUB_ACTOR: 'dependabot[bot]' }, 'started by Dependabot'],
    [
      'Dependabot, run again by a maintainer',
      pull(42),
      { GITHUB_ACTOR: 'dependabot[bot]', GITHUB_TRIGGERING_ACTOR: 'ann' },
      'started by Dependabot',
    ],
    ['a push by Dependabot', undefined, { GITHUB_ACTOR: 'dependabot[bot]' }, 'started by Dependabot'],
    ['a job that forgot id-token: write', pull(42), { ACTIONS_ID_TOKEN_REQUEST_URL: '' }, undefined],
  ])('%s', async (_, pullRequest, more, reason) => {
    const context = await read({ repository, pull_request: pullRequest }, more);
    const found = findUntrusted(context, { ...env, ...more });
    expect(found === undefined ? undefined : found.includes(reason ?? 'never')).toBe(reason === undefined ? undefined : true);
  });
});
