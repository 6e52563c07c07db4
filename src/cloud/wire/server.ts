import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Authorise, AwsError, type Call, type Gate, type Journal, type JournalEntry, type Service } from '../contract.ts';
import { readRequest } from './incoming.ts';
import { readService } from './operation.ts';
import type { ReadInput, Route, WireRequest, WireResponse } from './protocol.ts';
import { findViolations, type Identify, identifyCaller, readInput } from './read-call.ts';
import { redact } from './redact.ts';
import { refuseDenied, refuseIllegal, refuseThrottled, refuseUnknown } from './refusals.ts';
import { findRoute, regionOf } from './route.ts';
import { send } from './send.ts';

export interface WireOptions {
  readonly services: readonly Service[];
  readonly region: string;
  readonly journal: Journal;
  readonly gate: Gate;
  readonly identify: Identify;
  readonly authorise: Authorise;
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
  const caller = identifyCaller(options.identify, route, request);
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
    const region = regionOf(request) ?? options.region;
    await authorise(options, route, read, caller, region);
    const output = await callHandler(route, read, { requestId, region, principal: caller, headers: request.headers });
    if ((await passAfter(options.gate, entry, output)) === 'reset') return noteReset(entry);
    if (!route.operation) throw refuseUnknown(service, route.operationName);
    return note(entry, protocol.write(service, route.operation, output, requestId));
  } catch (error) {
    const known = asAwsError(error);
    entry.error = `${known.code}: ${known.message}`;
    return note(entry, protocol.fail(service, known, requestId));
  }
}

async function authorise(
  options: WireOptions,
  { service, operation, operationName }: Route,
  { input }: ReadInput,
  principal: string,
  region: string,
): Promise<void> {
  if (!operation || !(operationName in service.handlers)) return;
  const why = await options.authorise({ service: service.name, operation: operationName, input, principal, region });
  if (why !== undefined) throw refuseDenied(service, why);
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
