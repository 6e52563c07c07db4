import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AwsError } from '../contract.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { ObjectBody } from './object-body.ts';
import type { WireRequest } from './protocol.ts';

/** Requests that are read whole are small on AWS, too (the largest, PutLogEvents, is 1 MiB). */
const maxBodyBytes = 16 * 1024 * 1024;
const checksumHeader = /^x-amz-(checksum-|trailer$)/;

/** HTTP, before any protocol: headers of one value, the body as bytes or stream without what was done to it for transport. */
export function readRequest(request: IncomingMessage): WireRequest {
  // Not `new URL`: it would take `/../` apart, and keys of objects may contain it.
  const [path, query = ''] = splitOnce(request.url ?? '/', '?');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  const encodings = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim());
  const rest = encodings.filter((name) => name !== 'aws-chunked').join(',');
  const cleaned = { ...headers, 'content-encoding': rest === '' ? undefined : rest };
  const chunked = encodings.includes('aws-chunked');
  let collected: Promise<Buffer> | undefined;
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers: cleaned,
    stream: () => openBody(request, cleaned, { chunked, gzip: false }),
    body: (checksummed = false) => (collected ??= read(checksummed)),
  };

  function read(checksummed: boolean): Promise<Buffer> {
    const kept = checksummed
      ? cleaned
      : Object.fromEntries(Object.entries(cleaned).filter(([name]) => !checksumHeader.test(name)));
    return collect(openBody(request, kept, { chunked, gzip: encodings.includes('gzip') }));
  }
}

function openBody(
  request: IncomingMessage,
  headers: WireRequest['headers'],
  { chunked, gzip }: { chunked: boolean; gzip: boolean },
): ObjectBody {
  const decoder = new AwsChunkedDecoder();
  // The digest of a compressed body is of what was sent: nothing of the request is compared after decompression.
  const body = new ObjectBody(gzip ? {} : headers, decoder.trailers);
  const streams = [...(chunked ? [decoder] : []), ...(gzip ? [createGunzip()] : []), body];
  // Errors reach whoever reads the last stream.
  if (streams.length > 1) pipeline(streams, () => undefined);
  feed(request, streams[0] ?? body);
  return body;
}

/** Not a pipeline: that would destroy the request, and with it the socket the refusal has to go through. */
function feed(request: IncomingMessage, target: Writable): void {
  request.once('close', () => {
    if (!request.complete)
      target.destroy(new AwsError('RequestTimeout', 'The connection was closed before the request was complete.'));
  });
  target.once('error', () => request.unpipe(target));
  request.pipe(target);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes)
      throw new AwsError('RequestEntityTooLarge', `The body of the request is longer than ${maxBodyBytes} bytes.`, {
        status: 413,
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const maxDrainMs = 5_000;

/**
 * Reads what is left of a request's body and forgets it. A client that is still writing when it is refused would see a broken pipe
 * instead of the reason. Bounded in time: false when more was coming, and the connection is to be closed after the answer.
 */
export async function drain(request: IncomingMessage): Promise<boolean> {
  if (request.complete && request.readableEnded) return true;
  if (request.destroyed) return false;
  request.unpipe();
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), maxDrainMs);
    const finish = () => {
      clearTimeout(timer);
      resolve(request.complete);
    };
    request.once('end', finish);
    request.once('close', finish);
    request.resume();
  });
}
