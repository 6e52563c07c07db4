import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { drain } from './incoming.ts';
import type { WireResponse } from './protocol.ts';

/** Writes an answer, once the request has been read to its end. Rejects when its body fails half-way. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: WireResponse,
): Promise<void> {
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
