import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createGate, type FaultGate } from '../../../src/cloud/gate.ts';
import { type LocalGitHub, startGitHub } from '../../../src/cloud/github/start.ts';
import { createJournal } from '../../../src/cloud/journal.ts';
import type { Journal } from '../../../src/cloud/contract.ts';
import { systemClock } from '../../../src/time/clock.ts';

const at = (day: number) => `2026-11-0${day}T00:00:00.000Z`;
//  a ── b ── d (main)
//        └─ c ── e (topic)
const commits = [
  { sha: 'a', parents: [], date: at(1), message: 'a' },
  { sha: 'b', parents: ['a'], date: at(2), message: 'b' },
  { sha: 'c', parents: ['b'], date: at(3), message: 'c' },
  { sha: 'd', parents: ['b'], date: at(4), message: 'd' },
  { sha: 'e', parents: ['c'], date: at(5), message: 'e' },
];
const pull = {
  number: 7,
  title: 'Better digits',
  state: 'open',
  head: { ref: 'topic', sha: 'e' },
  base: { ref: 'main', sha: 'd' },
  author: 'dev',
  draft: false,
  fork: false,
} as const;

let github: LocalGitHub;
let gate: FaultGate;
let journal: Journal;
let token: string;

beforeEach(async () => {
  gate = createGate();
  journal = createJournal();
  github = await startGitHub({
    journal,
    gate,
    clock: systemClock,
    repository: { owner: 'o', name: 'r', id: 2, ownerId: 1, defaultBranch: 'main' },
    seed: { commits, branches: { main: 'd', topic: 'e' }, pulls: [pull] },
  });
  token = github.addToken({
    login: 'github-actions[bot]',
    bot: true,
    permissions: { contents: 'read', 'pull-requests': 'write' },
  });
});
afterEach(() => github.close());

async function call(method: string, path: string, body?: unknown, as = token) {
  const response = await fetch(`${github.apiUrl}${path}`, {
    method,
    headers: { authorization: `token ${as}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, json, headers: response.headers };
}
const comments = '/repos/o/r/issues/7/comments';

describe('comments', () => {
  test('are written in the name of the token, changed, listed and deleted', async () => {
    const created = await call('POST', comments, { body: 'first' });
    expect(created.status).toBe(201);
    expect(created.json.user).toEqual({ login: 'github-actions[bot]', id: 41_898_282, type: 'Bot' });
    const path = `/repos/o/r/issues/comments/${created.json.id}`;
    expect((await call('PATCH', path, { body: 'second' })).json.body).toBe('second');
    expect((await call('GET', comments)).json.map((one: { body: string }) => one.body)).toEqual(['second']);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('GET', comments)).json).toEqual([]);
  });

  test('come in pages that octokit can follow', async () => {
    for (let index = 0; index < 5; index += 1) await call('POST', comments, { body: `comment ${index}` });
    const first = await call('GET', `${comments}?per_page=2`);
    expect(first.json).toHaveLength(2);
    expect(first.headers.get('link')).toBe(
      `<${github.apiUrl}${comments}?per_page=2&page=2>; rel="next", <${github.apiUrl}${comments}?per_page=2&page=3>; rel="last"`,
    );
    const last = await call('GET', `${comments}?per_page=2&page=3`);
    expect(last.json.map((one: { body: string }) => one.body)).toEqual(['comment 4']);
    expect(last.headers.get('link')).toContain('page=2>; rel="prev"');
    expect(last.headers.get('link')).not.toContain('rel="next"');
  });

  test.each([
    ['65,536 characters', 'x'.repeat(65_536), 201, ''],
    ['65,536 characters of two UTF-16 units each', '🚂'.repeat(65_536), 201, ''],
    ['one more', 'x'.repeat(65_537), 422, 'Validation Failed: Body is too long (maximum is 65536 characters)'],
    ['nothing', '', 422, 'Validation Failed'],
  ])('%s', async (_, body, status, message) => {
    const answer = await call('POST', comments, { body });
    expect([answer.status, answer.json.message ?? '']).toEqual([status, message]);
  });

  test('of an issue that is not there are not found', async () => {
    expect((await call('POST', '/repos/o/r/issues/8/comments', { body: 'x' })).status).toBe(404);
  });
});

describe('tokens', () => {
  test('that are unknown, or revoked with their job, are bad credentials', async () => {
    expect((await call('GET', comments, undefined, 'nobody')).json.message).toBe('Bad credentials');
    github.revokeToken(token);
    expect((await call('GET', comments)).status).toBe(401);
  });

  test('of a fork read but do not write', async () => {
    const fork = github.addToken({ login: 'github-actions[bot]', bot: true, permissions: { 'pull-requests': 'read' } });
    expect((await call('GET', comments, undefined, fork)).status).toBe(200);
    const refused = await call('POST', comments, { body: 'x' }, fork);
    expect(refused).toMatchObject({ status: 403, json: { message: 'Resource not accessible by integration' } });
    expect((await call('GET', '/repos/o/r/commits', undefined, fork)).status).toBe(403);
  });

  test('of a workflow are nobody', async () => {
    expect((await call('GET', '/user')).json.message).toBe('Resource not accessible by integration');
  });
});

describe('history', () => {
  test('of a branch comes newest first and stops at its roots', async () => {
    const list = await call('GET', '/repos/o/r/commits?sha=topic&per_page=100');
    expect(list.json.map((one: { sha: string }) => one.sha)).toEqual(['e', 'c', 'b', 'a']);
  });

  test('a comparison knows the merge base', async () => {
    const { json } = await call('GET', '/repos/o/r/compare/main...topic');
    expect(json).toMatchObject({ status: 'diverged', ahead_by: 2, behind_by: 1, merge_base_commit: { sha: 'b' } });
    expect(json.commits.map((one: { sha: string }) => one.sha)).toEqual(['c', 'e']);
    expect((await call('GET', '/repos/o/r/compare/main...none')).status).toBe(404);
  });

  test.each([
    ['e', [7]],
    ['c', [7]],
    ['b', []],
  ])('commit %s belongs to the pull requests %j', async (sha, numbers) => {
    const { json } = await call('GET', `/repos/o/r/commits/${sha}/pulls`);
    expect(json.map((one: { number: number }) => one.number)).toEqual(numbers);
  });

  test('a pull request is found by its head', async () => {
    expect((await call('GET', '/repos/o/r/pulls?head=o:topic')).json).toHaveLength(1);
    expect((await call('GET', '/repos/o/r/pulls?head=o:other')).json).toEqual([]);
    expect((await call('GET', '/repos/o/r/pulls/7')).json).toMatchObject({
      number: 7,
      head: { sha: 'e', repo: { full_name: 'o/r' } },
    });
  });
});

describe('journal and gate', () => {
  test('every request is entered by its route', async () => {
    await call('POST', comments, { body: 'x' });
    await call('GET', '/nothing/here');
    expect(journal.entries).toMatchObject([
      {
        service: 'github',
        operation: 'POST /repos/{owner}/{repo}/issues/{number}/comments',
        principal: 'github-actions[bot]',
        input: { number: '7', body: 'x' },
        status: 201,
      },
      { operation: 'GET /nothing/here', status: 404, error: 'Not Found' },
    ]);
  });

  test('a fault after the effect keeps the effect', async () => {
    const rule = { id: '1', service: 'github', operation: '*', nth: 1, when: 'after' } as const;
    gate.addFault({ ...rule, effect: { kind: 'error', code: 'x', message: 'Server Error', status: 502 } });
    expect((await call('POST', comments, { body: 'x' })).status).toBe(502);
    expect(github.comments(7)).toHaveLength(1);
  });

  test('a reset cuts the line before anything happens', async () => {
    gate.addFault({ id: '1', service: 'github', operation: '*', when: 'before', effect: { kind: 'reset' } });
    await expect(call('POST', comments, { body: 'x' })).rejects.toThrow('fetch failed');
    expect(github.comments(7)).toEqual([]);
  });
});
