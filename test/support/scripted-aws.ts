import { afterEach, beforeEach } from '@jest/globals';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Clients, type ClientsOptions, createClients } from '../../src/aws/clients.ts';
import type { Clock } from '../../src/time/clock.ts';

interface Request {
  /** `CreateEndpoint`; for S3 and Lambda method and path, Lambda's without `/2015-03-31/functions`: `PUT /f/code`. */
  readonly operation: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Empty for a body that is not JSON. */
  readonly json: Record<string, unknown>;
}

/** `reset`: the connection ends, and with it the answer. */
export type Answer = { status?: number; headers?: Record<string, string>; body?: unknown } | 'reset';

export interface ScriptedAws {
  /** To be set by each test. @param nth counted from 1, for each operation of its own */
  answer: (request: Request, nth: number) => Answer;
  requests: Request[];
  readonly operations: () => string[];
}

/** For each test of this file an AWS that says what it is told to: answers that AWS gives rarely are written down byte by byte. */
export function useScriptedAws(): ScriptedAws {
  const aws: ScriptedAws = {
    answer: sayNothing,
    requests: [],
    operations: () => aws.requests.map(({ operation }) => operation),
  };
  const environment = { ...process.env };
  let server: Server;
  beforeEach(async () => {
    Object.assign(aws, { answer: sayNothing, requests: [] });
    server = await listen(aws);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    process.env = {
      ...environment,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}`,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
  });
  afterEach(async () => {
    process.env = { ...environment };
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return aws;
}

function sayNothing(): never {
  throw new Error('This test has not said what AWS answers.');
}

async function listen(aws: ScriptedAws): Promise<Server> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = readRequest(incoming, Buffer.concat(chunks).toString('utf8'));
      aws.requests.push(request);
      const told = aws.answer(request, aws.requests.filter(({ operation }) => operation === request.operation).length);
      if (told === 'reset') return incoming.socket.destroy();
      const text = typeof told.body === 'string' ? told.body : JSON.stringify(told.body ?? {});
      return response.writeHead(told.status ?? 200, { 'content-type': 'application/json', ...told.headers }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function readRequest({ method, url = '', headers }: IncomingMessage, body: string): Request {
  const target = headers['x-amz-target'];
  const operation = target ? String(target).split('.').at(-1) : new URLSearchParams(body).get('Action');
  return {
    operation: operation ?? `${method} ${url.replace('/2015-03-31/functions', '')}`,
    headers,
    body,
    json: body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {},
  };
}

/** A refusal as services with JSON write it. */
export const refuse = (code: string, message: string, status = 400, more: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'x-amzn-errortype': code },
  body: { __type: code, message, Message: message, ...more },
});

/** Clients of the scripted AWS, on time that passes only by sleeping. */
export const openClients = (options: Partial<ClientsOptions> = {}): Clients =>
  createClients({ region: 'us-east-1', sessionName: 'run 1', clock: createTestClock(), ...options });

/** Time that passes only by sleeping. */
export function createTestClock(start = Date.UTC(2026, 0, 1)): Clock & { readonly slept: readonly number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(now),
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}
