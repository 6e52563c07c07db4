import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../time/clock.ts';
import { AwsError, type Gate, type Journal, type JournalEntry } from '../contract.ts';
import { commentRoutes } from './comments.ts';
import { commitRoutes } from './commits.ts';
import { deploymentRoutes } from './deployments.ts';
import type { IdentityProvider } from './oidc.ts';
import { cutPage } from './paging.ts';
import { pullRoutes } from './pulls.ts';
import { isRecord } from './record.ts';
import { findRoute, type GitHubAnswer, GitHubError, notFound } from './route.ts';
import { runRoutes } from './runs.ts';
import { mayAccess, type State, type Token } from './state.ts';

export interface ApiOptions {
  readonly journal: Journal;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly state: State;
  readonly identity: IdentityProvider;
  readonly apiUrl: string;
  readonly serverUrl: string;
}

interface Reply extends GitHubAnswer {
  readonly headers?: Readonly<Record<string, string>>;
}

const routes = [...pullRoutes, ...commentRoutes, ...commitRoutes, ...deploymentRoutes, ...runRoutes];
const maxRequestBytes = 4 << 20;
const oidcPath = '/_oidc/token';
const jwksPath = '/.well-known/jwks';

/** One function for every request: journal, gate, route, page, answer. It rejects only when the socket is gone. */
export function createApi(options: ApiOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const apiPath = new URL(options.apiUrl).pathname;
  return async (request, response) => {
    const url = new URL(request.url ?? '/', options.serverUrl);
    const path = url.pathname.startsWith(`${apiPath}/`) ? url.pathname.slice(apiPath.length) : url.pathname;
    const method = request.method ?? 'GET';
    const found = findRoute(routes, method, path);
    const token = options.state.tokens.get(readToken(request) ?? '');
    const body = await readBody(request);
    const entry = options.journal.add({
      service: 'github',
      // GitHub's own way to write a template, without our mark for values that hold slashes.
      operation: `${method} ${found?.route.template.replace('+}', '}') ?? path}`,
      principal: token?.login ?? (path === oidcPath ? 'job' : 'anonymous'),
      input: { ...found?.params, ...Object.fromEntries(url.searchParams), ...(isRecord(body) ? body : {}) },
    });
    const reply = await passGate(options.gate, entry, () => {
      if (path === jwksPath) return { status: 200, body: options.identity.keys };
      if (path === oidcPath) return answerIdToken(options.identity, request, url);
      return answerRoute({ options, found, token, url, body });
    });
    if (reply === 'reset') response.destroy();
    else send(response, reply, options.clock);
  };
}

/** Runs the handler between the gate's two posts; a fault after the effect hides the answer but keeps the effect. */
async function passGate(gate: Gate, entry: JournalEntry, handle: () => Reply): Promise<Reply | 'reset'> {
  let reply: Reply;
  try {
    if ((await gate.pass(entry, 'before')) === 'reset') return 'reset';
    reply = handle();
    entry.status = reply.status;
    if ((await gate.pass(entry, 'after')) === 'reset') return 'reset';
  } catch (error) {
    reply = answerError(error);
    entry.error = error instanceof Error ? error.message : String(error);
  }
  entry.status = reply.status;
  return reply;
}

function answerRoute(request: {
  options: ApiOptions;
  found: ReturnType<typeof findRoute>;
  token: Token | undefined;
  url: URL;
  body: unknown;
}): Reply {
  const { options, found, token, url, body } = request;
  if (!token) throw new GitHubError(401, 'Bad credentials');
  if (!found) throw notFound();
  const { owner, name } = options.state.repository;
  const { params } = found;
  const asksOther =
    params['owner'] !== undefined && `${params['owner']}/${params['repo']}`.toLowerCase() !== `${owner}/${name}`.toLowerCase();
  if (asksOther) throw notFound();
  if (!mayAccess(token, found.route.scopes, found.route.level))
    throw new GitHubError(403, 'Resource not accessible by integration');
  if (body === 'unreadable') throw new GitHubError(400, 'Problems parsing JSON');
  const { state, apiUrl, serverUrl, clock } = options;
  const answer = found.route.handle({
    state,
    apiUrl,
    serverUrl,
    token,
    params,
    query: url.searchParams,
    body,
    now: () => clock.now(),
  });
  if (!answer.list) return answer;
  const { items, link } = cutPage(answer.list, url);
  return { status: answer.status, body: items, headers: link ? { link } : {} };
}

function answerIdToken(identity: IdentityProvider, request: IncomingMessage, url: URL): Reply {
  const value = identity.mint(readToken(request) ?? '', url.searchParams.get('audience') ?? undefined);
  if (!value) throw new GitHubError(401, 'The request token is not one of a running job.');
  return { status: 200, body: { count: value.length, value } };
}

function answerError(error: unknown): Reply {
  const documentation = { documentation_url: 'https://docs.github.com/rest' };
  if (error instanceof GitHubError) {
    const { status, message, errors } = error;
    return { status, body: { message, ...(errors ? { errors } : {}), ...documentation, status: String(status) } };
  }
  if (error instanceof AwsError) {
    // A fault of the gate: a status of 403 or 429 is how GitHub says that a rate limit is reached.
    const status = error.status ?? 500;
    const headers = status === 429 || status === 403 ? { 'retry-after': '1' } : {};
    return { status, body: { message: error.message, ...documentation, status: String(status) }, headers };
  }
  throw error;
}

function send(response: ServerResponse, reply: Reply, clock: Clock): void {
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    ...(text ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': '1000',
    'x-ratelimit-remaining': '999',
    'x-ratelimit-used': '1',
    'x-ratelimit-reset': String(Math.floor(clock.now().getTime() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
    ...reply.headers,
  });
  response.end(text);
}

function readToken(request: IncomingMessage): string | undefined {
  return /^(?:token|bearer)\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** The JSON body; `unreadable` for one that is not JSON or is larger than any the API takes. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes <= maxRequestBytes) chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  if (bytes > maxRequestBytes) return 'unreadable';
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return value;
  } catch {
    return 'unreadable';
  }
}
