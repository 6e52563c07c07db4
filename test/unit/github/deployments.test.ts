import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createDeployments } from '../../../src/github/deployments.ts';

interface Seen {
  readonly call: string;
  readonly body: Record<string, unknown>;
}
const members = z.record(z.string(), z.unknown());
let seen: Seen[];
let answer: (request: Seen) => { status: number; body: unknown };
let server: Server;
let apiUrl: string;
let warnings: string[];

beforeEach(async () => {
  [seen, warnings] = [[], []];
  server = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    incoming.on('end', () => {
      const call = `${incoming.method} ${(incoming.url ?? '').replace('/repos/octo/models', '')}`;
      const request = { call, body: text === '' ? {} : members.parse(JSON.parse(text)) };
      seen.push(request);
      const { status, body } = answer(request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  apiUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const log = {
  info() {},
  notice() {},
  error() {},
  untrusted() {},
  mask() {},
  warning: (text: string) => void warnings.push(text),
};
const clock = { now: () => new Date(0), sleep: async () => undefined };
const open = () =>
  createDeployments({ token: 't', apiUrl, repository: { owner: 'octo', name: 'models' }, log, clock }, 'dogs/7/1');
const request = { commit: 'c0ffee0', environment: 'production', description: 'x'.repeat(200) };

test('a deployment is made of the commit, without merging or waiting for checks, in at most 140 characters', async () => {
  answer = ({ call }) => (call.startsWith('GET') ? { status: 200, body: [] } : { status: 201, body: { id: 5 } });
  expect(await open().start(request)).toEqual({ id: 5 });
  expect(seen[1]).toMatchObject({
    call: 'POST /deployments',
    body: { ref: 'c0ffee0', environment: 'production', auto_merge: false, required_contexts: [] },
  });
  expect(String(seen[1]?.body['description'])).toHaveLength(140);
});

test.each([
  ['as text', JSON.stringify({ trainyard: 'dogs/7/1' }), { id: 4 }],
  ['parsed', { trainyard: 'dogs/7/1' }, { id: 4 }],
  ["another run's", { trainyard: 'dogs/6/1' }, { id: 5 }],
  ['no JSON', '{', { id: 5 }],
])('the one of this run is found again by its payload (%s)', async (_what, payload, found) => {
  answer = ({ call }) =>
    call.startsWith('GET') ? { status: 200, body: [{ id: 4, payload }] } : { status: 201, body: { id: 5 } };
  expect(await open().start(request)).toEqual(found);
});

test('a token that may not write is said, and no reason to fail', async () => {
  answer = () => ({ status: 403, body: { message: 'Resource not accessible by integration' } });
  expect(await open().start(request)).toBe('read-only');
  expect(warnings.join()).toMatch(/deployments: write/);
});

test('only what still says success is active', async () => {
  answer = ({ call }) => {
    if (call.includes('/statuses')) return { status: 200, body: [{ state: call.includes('/8/') ? 'success' : 'inactive' }] };
    return {
      status: 200,
      body: [
        { id: 9, sha: 'b' },
        { id: 8, sha: 'a' },
      ],
    };
  };
  expect(await open().findActive('production')).toEqual([{ id: 8, commit: 'a' }]);
});

test('a status leaves the others as they are, and a refusal names the permission', async () => {
  answer = () => ({ status: 201, body: {} });
  await open().setStatus(5, 'success', 'live', 'https://x');
  expect(seen[0]).toMatchObject({
    call: 'POST /deployments/5/statuses',
    body: { state: 'success', auto_inactive: false, log_url: 'https://x' },
  });
  answer = () => ({ status: 404, body: { message: 'Not Found' } });
  await expect(open().setStatus(5, 'success', 'live')).rejects.toMatchObject({
    fix: expect.stringContaining('deployments: write'),
  });
});
