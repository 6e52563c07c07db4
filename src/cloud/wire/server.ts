import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsError, type Call, type Gate, type Journal, type JournalEntry, type Service } from '../contract.ts';
import { drain, readRequest } from './incoming.ts';
import { modelOf } from './model.ts';
import { readService } from './operation.ts';
import type { ReadInput, Route, WireRequest, WireResponse } from './protocol.ts';
import { redact } from './redact.ts';
import { refuseExpired, refuseIllegal, refuseThrottled, refuseToken, refuseUnknown, refuseUnsigned } from './refusals.ts';
import { accessKeyOf, findRoute, regionOf } from './route.ts';
import { validate, type Violation } from './validate.ts';

/** Who a key belongs to; `expired` and `wrong token` for keys the cloud minted itself. */
type Identify = (accessKeyId: string, sessionToken: string | undefined) => { arn: string } | 'expired' | 'wrong token';

export interface WireOptions {
  readonly services: readonly Service[];
  readonly region: string;
  readonly journal: Journal;
  readonly gate: Gate;
  readonly identify: Identify;
  readonly throttled: (service: string, operation: string) => boolean;
}

/** The one server of all services: routes, reads, checks, calls the handler, writes. Never rejects. */
export function createWire(options: WireOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const services = options.services.map(readService);

  return async (request, response) => {
    const requestId = randomUUID();
    try {
      const wireRequest = readRequest(request);
      const route = await findRoute(services, wireRequest);
      if (!route) {
        options.journal.add({
          service: 'unknown',
          operation: `${wireRequest.method} ${wireRequest.path}`,
          principal: 'unknown',
          input: {},
          status: 404,
        });
        await send(request, response, {
          status: 404,
          headers: { 'content-type': 'text/plain' },
          body: 'The local cloud has no such service.\n',
        });
        return;
      }
      const answered = await answer(options, route, wireRequest, requestId);
      if (answered === 'reset') request.socket.destroy();
      else await send(request, response, answered);
    } catch {
      // The client went away, or the body of the answer failed half-way: a cut connection is all it can be told.
      request.socket.destroy();
    }
  };
}

async function answer(
  options: WireOptions,
  route: Route,
  request: WireRequest,
  requestId: string,
): Promise<WireResponse | 'reset'> {
  const { service, protocol } = route;
  const caller = identifyCaller(options, route, request);
  const read = await readInput(route, request);
  const illegal = read instanceof AwsError ? [] : findViolations(route, read);
  const entry = options.journal.add({
    service: service.name,
    operation: route.operationName,
    principal: caller instanceof AwsError ? 'unknown' : caller,
    input: read instanceof AwsError || !route.operation ? {} : redact(route.operation.input, read.input, streamBytes(request)),
    ...(illegal.length > 0 ? { illegal: illegal.map(({ text }) => text) } : {}),
  });
  try {
    if ((await options.gate.pass(entry, 'before')) === 'reset') return noteReset(entry);
    if (caller instanceof AwsError) throw caller;
    if (read instanceof AwsError) throw read;
    if (options.throttled(service.name, route.operationName)) throw refuseThrottled(service);
    if (illegal.length > 0) throw refuseIllegal(service, illegal);
    const output = await callHandler(route, read, {
      requestId,
      region: regionOf(request) ?? options.region,
      principal: caller,
      headers: request.headers,
    });
    if ((await passAfter(options.gate, entry, output)) === 'reset') return noteReset(entry);
    if (!route.operation) throw refuseUnknown(service, route.operationName);
    return note(entry, protocol.write(service, route.operation, output, requestId));
  } catch (error) {
    const known = asAwsError(error);
    entry.error = `${known.code}: ${known.message}`;
    return note(entry, protocol.fail(service, known, requestId));
  }
}

/** An answer that does not leave gives its streams back. */
async function passAfter(gate: Gate, entry: JournalEntry, output: Record<string, unknown>): Promise<'go' | 'reset'> {
  let leaves = false;
  try {
    const outcome = await gate.pass(entry, 'after');
    leaves = outcome === 'go';
    return outcome;
  } finally {
    if (!leaves) for (const member of Object.values(output)) if (member instanceof Readable) member.destroy();
  }
}

function noteReset(entry: JournalEntry): 'reset' {
  entry.error = 'connection reset';
  return 'reset';
}

function note(entry: JournalEntry, response: WireResponse): WireResponse {
  entry.status = response.status;
  return response;
}

/** Operations that are called to become somebody. */
const anonymous = new Set(['AssumeRoleWithWebIdentity']);

function identifyCaller(options: WireOptions, { service, operationName }: Route, request: WireRequest): string | AwsError {
  if (anonymous.has(operationName)) return 'anonymous';
  const accessKeyId = accessKeyOf(request);
  if (accessKeyId === undefined) return refuseUnsigned(service);
  const token = request.headers['x-amz-security-token'] ?? request.query.get('X-Amz-Security-Token') ?? undefined;
  const identity = options.identify(accessKeyId, token);
  if (identity === 'expired') return refuseExpired(service);
  return identity === 'wrong token' ? refuseToken(service) : identity.arn;
}

async function readInput(route: Route, request: WireRequest): Promise<ReadInput | AwsError> {
  if (!route.operation) return refuseUnknown(route.service, route.operationName);
  try {
    return await route.protocol.read(route.operation, request);
  } catch (error) {
    return error instanceof AwsError
      ? error
      : new AwsError('SerializationException', `The request cannot be read: ${messageOf(error)}`);
  }
}

function findViolations({ service, operation, operationName }: Route, read: ReadInput): Violation[] {
  if (!operation) return [];
  const unknown = (read.unknown ?? []).map((name): Violation => ({ kind: 'unknown', text: `Unknown parameter '${name}'` }));
  return [...validate(modelOf(service.name), operationName, read.raw ?? read.input), ...unknown];
}

async function callHandler(
  { service, operationName }: Route,
  { input }: ReadInput,
  call: Call,
): Promise<Record<string, unknown>> {
  const handler = service.handlers[operationName];
  if (!handler) throw refuseUnknown(service, operationName);
  // Each service types its own table; that input and schema fit is what the codecs see to.
  const output: unknown = await Reflect.apply(handler, undefined, [input, call]);
  return isRecord(output) ? output : {};
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const where = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return new AwsError('InternalFailure', `The local cloud failed: ${messageOf(error)} ${where}`, { status: 500 });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function streamBytes({ headers }: WireRequest): number | undefined {
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

async function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: WireResponse): Promise<void> {
  const drained = await drain(request);
  const close: Record<string, string> = drained ? {} : { connection: 'close' };
  if (body instanceof Readable) {
    response.writeHead(status, { ...headers, ...close });
    if (request.method !== 'HEAD') return pipeline(body, response);
    body.destroy();
    response.end();
    return;
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0));
  // The answer to HEAD says how long the object is, and has no body, not even of an error.
  const length =
    request.method === 'HEAD' || status === 204 || status === 304 ? {} : { 'content-length': String(bytes.byteLength) };
  response.writeHead(status, { ...headers, ...length, ...close });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
