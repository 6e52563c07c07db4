import { lookup as systemLookup } from 'node:dns';
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { ActionError } from '../../action-error.ts';
import { hideQuery, isPrivate } from './address.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: IncomingMessage;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

export interface Requests {
  /** One GET, redirects followed. Rejects with the socket's error when there is no answer. */
  get(url: URL, headers: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

const maxHops = 10;
/** Longest silence of a server. */
const silenceMs = 60_000;
const redirects = new Set([301, 302, 303, 307, 308]);

/** @param standIn origin of `TRAINYARD_DOWNLOAD_URL`, which redirects may lead to though it is a place on this machine */
export function createRequests(standIn: string | undefined, signal: AbortSignal): Requests {
  const options = { keepAlive: true, maxSockets: 32 };
  const agents = { http: new HttpAgent(options), https: new Agent(options) };

  async function get(url: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
    let current = url;
    for (let hop = 0; hop <= maxHops; hop += 1) {
      const answer = await ask(current, headers, hop > 0 && current.origin !== standIn);
      const { location } = answer.headers;
      if (!redirects.has(answer.status) || location === undefined) return answer;
      answer.body.resume();
      current = checkHop(location, current, standIn);
    }
    throw refuse(url, `redirects more than ${maxHops} times`);
  }

  function ask(asked: URL, headers: Readonly<Record<string, string>>, publicOnly: boolean): Promise<Answer> {
    const host = asked.hostname.replaceAll(/[[\]]/g, '');
    if (publicOnly && isIP(host) !== 0 && isPrivate(host)) throw privateHop(asked, host);
    const lookup = publicOnly ? createPublicLookup(asked) : undefined;
    return new Promise((resolve, reject) => {
      const common = { headers, signal, timeout: silenceMs, ...(lookup ? { lookup } : {}) };
      const request =
        asked.protocol === 'http:'
          ? httpRequest(asked, { ...common, agent: agents.http })
          : httpsRequest(asked, { ...common, agent: agents.https });
      request.on('timeout', () => request.destroy(new Error(`the server was silent for ${silenceMs / 1000} s`)));
      request.on('error', reject);
      request.on('response', (body) => resolve({ status: body.statusCode ?? 0, headers: body.headers, body, url: asked }));
      request.end();
    });
  }

  return {
    get,
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function checkHop(location: string, from: URL, standIn: string | undefined): URL {
  if (!URL.canParse(location, from.href)) throw refuse(from, 'redirects to something that is no address');
  const next = new URL(location, from);
  if (next.protocol !== 'https:' && next.origin !== standIn)
    throw refuse(from, `redirects to ${hideQuery(next.href)}, which is not https`);
  if (next.username !== '' || next.password !== '') throw refuse(from, 'redirects to an address with a user in it');
  return next;
}

/** Resolves names as the system does, and refuses what lies in a private network: a redirect must not lead in there. */
function createPublicLookup(url: URL): LookupFunction {
  return (hostname, options, done) => {
    systemLookup(hostname, { ...options, all: true }, (error, found) => {
      const inside = error ? undefined : found.find(({ address }) => isPrivate(address));
      const [first] = found ?? [];
      if (error) done(error, '');
      else if (inside) done(privateHop(url, inside.address), '');
      else if (options.all) done(null, found);
      else done(null, first?.address ?? '', first?.family);
    });
  };
}

function privateHop(url: URL, address: string): ActionError {
  return refuse(url, `is where a redirect leads, and ${address} lies in a private network`);
}

function refuse(url: URL, what: string): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${hideQuery(url.href)} ${what}.`,
    fix: 'Name the address that the data really has, with https.',
  });
}
