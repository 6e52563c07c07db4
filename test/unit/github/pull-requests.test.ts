import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createPullRequests } from '../../../src/github/pull-requests.ts';
import type { Log } from '../../../src/runner/ports.ts';

type Reply = { status: number; body?: unknown; headers?: Record<string, string> };
type Answer = (request: { method: string; path: string; query: URLSearchParams; body: { body?: string | undefined } }) => Reply;

let server: Server;
let apiUrl: string;
let answer: Answer;
let requests: string[];
const slept: number[] = [];

const log: Log = { info() {}, notice() {}, warning() {}, error() {}, untrusted() {}, mask() {} };
const clock = { now: () => new Date('2026-11-22T12:00:00Z'), sleep: async (ms: number) => void slept.push(ms) };
const open = () => createPullRequests({ token: 'token', apiUrl, repository: { owner: 'octo', name: 'models' }, log, clock });
const comment = (id: number, body: string, login = 'github-actions[bot]') => ({
  id,
  body,
  html_url: `https://x/${id}`,
  user: { login },
});

async function readBody(request: IncomingMessage): Promise<{ body?: string | undefined }> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : z.object({ body: z.string().optional() }).parse(JSON.parse(text));
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  requests.push(`${request.method} ${url.pathname}`);
  const reply = answer({ method: request.method ?? '', path: url.pathname, query: url.searchParams, body });
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
}

beforeEach(async () => {
  requests = [];
  slept.length = 0;
  server = createServer((request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  apiUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const list = '/repos/octo/models/issues/7/comments';

describe('the comment', () => {
  test('is searched on every page', async () => {
    answer = ({ method, path, query, body }) => {
      if (path === '/user') return { status: 403, body: { message: 'Resource not accessible by integration' } };
      if (method === 'PATCH') return { status: 200, body: comment(205, body.body ?? '') };
      const page = Number(query.get('page') ?? 1);
      const link = `<${apiUrl}${list}?per_page=100&page=${page + 1}>; rel="next"`;
      if (page < 3)
        return { status: 200, body: Array.from({ length: 100 }, (_, i) => comment(page * 100 + i, 'x')), headers: { link } };
      return { status: 200, body: [comment(205, '<!-- m -->\r\nold')] };
    };
    expect(await open().putComment(7, '<!-- m -->', '<!-- m -->\nnew')).toEqual({ outcome: 'updated', url: 'https://x/205' });
    expect(requests).toEqual([
      `GET ${list}`,
      `GET ${list}`,
      `GET ${list}`,
      'GET /user',
      'PATCH /repos/octo/models/issues/comments/205',
    ]);
  });

  test('is cut between lines when a text is longer than GitHub takes', async () => {
    let sent = '';
    answer = ({ method, body }) => {
      if (method === 'POST') sent = body.body ?? '';
      return method === 'POST'
        ? { status: 201, body: comment(1, sent) }
        : { status: 200, body: sent === '' ? [] : [comment(1, sent)] };
    };
    await open().putComment(7, '<!-- m -->', `<!-- m -->\n${'0123456789\n'.repeat(10_000)}`);
    expect(sent.length).toBeLessThanOrEqual(65_536);
    expect(sent).toMatch(/\n0123456789\n\n\*Cut: /);
  });

  test('of a token that may only read is no error', async () => {
    answer = ({ method }) =>
      method === 'GET' ? { status: 200, body: [] } : { status: 403, body: { message: 'Resource not accessible by integration' } };
    expect(await open().putComment(7, '<!-- m -->', 'text')).toEqual({ outcome: 'read-only' });
  });

  test('tells the permission that a refused list needs', async () => {
    answer = () => ({ status: 404, body: { message: 'Not Found' } });
    await expect(open().putComment(7, '<!-- m -->', 'text')).rejects.toMatchObject({
      kind: 'permission',
      fix: 'Add `pull-requests: write` to the `permissions:` of the job.',
    });
  });
});

describe('trouble', () => {
  test('of the server is waited out, and a lost answer leaves one comment', async () => {
    const stored: ReturnType<typeof comment>[] = [];
    let failures = 2;
    answer = ({ method, path, body }) => {
      if (method === 'POST') {
        stored.push(comment(stored.length + 1, body.body ?? ''));
        failures -= 1;
        // The comment is there, the answer is lost.
        return failures >= 0 ? { status: 502, body: { message: 'Bad Gateway' } } : { status: 201, body: stored.at(-1) };
      }
      if (method === 'DELETE') {
        stored.splice(
          stored.findIndex((one) => path.endsWith(`/${one.id}`)),
          1,
        );
        return { status: 204 };
      }
      return { status: 200, body: stored };
    };
    await open().putComment(7, '<!-- m -->', '<!-- m -->\ntext');
    expect(stored.map((one) => one.id)).toEqual([1]);
    expect(slept).toEqual([500, 1000]);
  });

  test('of a secondary rate limit is waited out as long as GitHub asks', async () => {
    let first = true;
    answer = () => {
      const reply: Reply = first
        ? { status: 403, body: { message: 'You have exceeded a secondary rate limit' }, headers: { 'retry-after': '7' } }
        : { status: 200, body: [] };
      first = false;
      return reply;
    };
    expect(await open().findByHead('abc')).toBeUndefined();
    expect(slept).toEqual([7000]);
  });

  test('that would take too long is an error at once', async () => {
    answer = () => ({ status: 429, body: { message: 'rate limit' }, headers: { 'retry-after': '3600' } });
    await expect(open().history('abc', 5)).rejects.toMatchObject({ kind: 'github' });
    expect(slept).toEqual([]);
  });

  test('of a bad token names the input', async () => {
    answer = () => ({ status: 401, body: { message: 'Bad credentials' } });
    await expect(open().findByHead('abc')).rejects.toMatchObject({
      kind: 'permission',
      fix: expect.stringContaining('github-token'),
    });
  });
});

const pull = (number: number, state: string, sha: string) => ({ number, state, head: { sha } });

describe('history', () => {
  test('finds the open pull request whose head the commit is', async () => {
    answer = () => ({ status: 200, body: [pull(1, 'closed', 'abc'), pull(2, 'open', 'def'), pull(3, 'open', 'abc')] });
    expect(await open().findByHead('abc')).toBe(3);
  });

  test('has no merge base for commits without one', async () => {
    answer = ({ path }) =>
      path.endsWith('/main...abc')
        ? { status: 200, body: { merge_base_commit: { sha: 'base' } } }
        : { status: 404, body: { message: 'Not Found' } };
    expect(await open().mergeBase('main', 'abc')).toEqual({ commit: 'base' });
    expect(await open().mergeBase('main', 'other')).toBeUndefined();
  });

  test('goes over pages and stops at its count and at the first commit', async () => {
    const all = Array.from({ length: 130 }, (_, index) => ({
      sha: `c${index}`,
      commit: { committer: { date: '2026-11-22T12:00:00Z' } },
    }));
    answer = ({ query }) => {
      const size = Number(query.get('per_page'));
      const page = Number(query.get('page'));
      return { status: 200, body: all.slice((page - 1) * size, page * size) };
    };
    expect(await open().history('c0', 120)).toHaveLength(120);
    expect((await open().history('c0', 1000)).at(-1)?.commit).toBe('c129');
    expect(await open().history('c0', 3)).toHaveLength(3);
  });
});
