import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createGate } from '../../../src/cloud/gate.ts';
import { type LocalGitHub, startGitHub } from '../../../src/cloud/github/start.ts';
import { createJournal } from '../../../src/cloud/journal.ts';
import type { Journal } from '../../../src/cloud/contract.ts';
import { systemClock } from '../../../src/time/clock.ts';

const date = '2026-11-01T00:00:00.000Z';
const commits = [
  { sha: 'a', parents: [], date, message: 'a' },
  { sha: 'b', parents: ['a'], date, message: 'b' },
];
let github: LocalGitHub;
let journal: Journal;
let token: string;

beforeEach(async () => {
  journal = createJournal();
  github = await startGitHub({
    journal,
    gate: createGate(),
    clock: systemClock,
    repository: { owner: 'o', name: 'r', id: 2, ownerId: 1, defaultBranch: 'main' },
    seed: { commits, branches: { main: 'b', topic: 'a' }, tags: { v1: 'a' }, environments: ['staging'] },
  });
  token = github.addToken({ login: 'github-actions[bot]', bot: true, permissions: { contents: 'read', deployments: 'write' } });
});
afterEach(() => github.close());

async function call(method: string, path: string, body?: unknown, as = token) {
  const response = await fetch(`${github.apiUrl}/repos/o/r${path}`, {
    method,
    headers: { authorization: `token ${as}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: JSON.parse(text) };
}
const start = async (environment: string, more: object = {}) =>
  (await call('POST', '/deployments', { ref: 'v1', environment, required_contexts: [], auto_merge: false, ...more })).json.id;
const set = (id: number, state: string, more: object = {}) => call('POST', `/deployments/${id}/statuses`, { state, ...more });
const last = async (id: number) => (await call('GET', `/deployments/${id}/statuses`)).json[0]?.state;

describe('deployments', () => {
  test('are created for a tag, found by its commit and environment, and listed newest first', async () => {
    const first = await start('production', { description: 'release v1' });
    const second = await start('staging');
    expect((await call('GET', '/deployments')).json.map(({ id }: { id: number }) => id)).toEqual([second, first]);
    expect((await call('GET', '/deployments?environment=production&sha=a')).json).toMatchObject([
      { id: first, ref: 'v1', sha: 'a', task: 'deploy', description: 'release v1', production_environment: true },
    ]);
    expect((await call('GET', `/deployments/${second}`)).json).toMatchObject({ production_environment: false });
    expect((await call('GET', '/deployments?sha=b')).json).toEqual([]);
    expect((await call('GET', '/deployments/1')).status).toBe(404);
  });

  test('are refused as GitHub refuses them from within a job', async () => {
    expect(await call('POST', '/deployments', { ref: 'v1' })).toMatchObject({
      status: 409,
      json: { message: 'Conflict: Commit status checks failed for v1.', errors: [{ field: 'required_contexts' }] },
    });
    expect(await call('POST', '/deployments', { ref: 'v2', required_contexts: [] })).toMatchObject({
      status: 422,
      json: { message: 'No ref found for: v2' },
    });
    expect(await call('POST', '/deployments', { ref: 'topic', required_contexts: [] })).toMatchObject({
      status: 202,
      json: { message: 'Auto-merged main into topic on deployment.' },
    });
    expect(await call('POST', '/deployments', {})).toMatchObject({
      status: 422,
      json: { errors: [{ resource: 'Deployment', field: 'ref', code: 'missing_field' }] },
    });
    expect((await call('GET', '/deployments')).json).toEqual([]);
  });

  test('need the scope', async () => {
    const reader = github.addToken({ login: 'x', bot: true, permissions: { contents: 'write', deployments: 'read' } });
    expect((await call('GET', '/deployments', undefined, reader)).status).toBe(200);
    expect((await call('POST', '/deployments', { ref: 'v1', required_contexts: [] }, reader)).status).toBe(403);
    const none = github.addToken({ login: 'x', bot: true, permissions: { contents: 'write' } });
    expect((await call('GET', '/deployments', undefined, none)).status).toBe(403);
    expect(journal.entries.map(({ operation }) => operation)).toContain('POST /repos/{owner}/{repo}/deployments');
  });
});

describe('statuses', () => {
  test('carry what was said, newest first', async () => {
    const id = await start('production');
    await set(id, 'in_progress', { log_url: 'https://github.com/o/r/actions/runs/1' });
    expect(await set(id, 'failure', { description: 'the live check failed' })).toMatchObject({ status: 201 });
    expect((await call('GET', `/deployments/${id}/statuses`)).json).toMatchObject([
      { state: 'failure', description: 'the live check failed', environment: 'production' },
      { state: 'in_progress', log_url: 'https://github.com/o/r/actions/runs/1' },
    ]);
  });

  test.each([
    ['a description that is too long', { state: 'success', description: 'x'.repeat(141) }, 'description'],
    ['an unknown state', { state: 'done' }, 'state'],
  ])('are refused for %s', async (_, body, field) => {
    const id = await start('production');
    expect(await call('POST', `/deployments/${id}/statuses`, body)).toMatchObject({ status: 422, json: { errors: [{ field }] } });
    expect((await set(id, 'success', { description: 'x'.repeat(140) })).status).toBe(201);
  });

  test('of success make earlier successes inactive, but never those of production', async () => {
    const staging = [await start('staging'), await start('staging'), await start('staging')] as const;
    await set(staging[0], 'success');
    await set(staging[1], 'failure');
    await set(staging[2], 'success');
    expect(await Promise.all(staging.map(last))).toEqual(['inactive', 'failure', 'success']);
    const production = [await start('production'), await start('production')] as const;
    for (const id of production) await set(id, 'success');
    expect(await Promise.all(production.map(last))).toEqual(['success', 'success']);
    const kept = [await start('qa'), await start('qa')] as const;
    await set(kept[0], 'success');
    await set(kept[1], 'success', { auto_inactive: false });
    expect(await last(kept[0])).toBe('success');
  });
});

test('tags are commits, references and what an environment is known by', async () => {
  expect((await call('GET', '/git/ref/tags/v1')).json).toMatchObject({
    ref: 'refs/tags/v1',
    object: { sha: 'a', type: 'commit' },
  });
  expect((await call('GET', '/git/ref/heads/main')).json.object.sha).toBe('b');
  expect((await call('GET', '/git/ref/tags/v')).status).toBe(404);
  expect((await call('GET', '/commits/v1')).json.sha).toBe('a');
  const asker = github.addToken({ login: 'x', bot: true, permissions: { actions: 'read', deployments: 'write' } });
  await start('production');
  expect((await call('GET', '/environments', undefined, asker)).json).toMatchObject({
    total_count: 2,
    environments: [{ name: 'staging' }, { name: 'production' }],
  });
  expect((await call('GET', '/environments/nowhere', undefined, asker)).status).toBe(404);
});
