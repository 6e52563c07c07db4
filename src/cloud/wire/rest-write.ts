import type { NormalizedSchema } from '@smithy/core/schema';
import { Readable } from 'node:stream';
import { isBodyMember } from './bindings.ts';
import { stringWriter } from './codecs.ts';
import type { Operation } from './operation.ts';
import type { WireResponse } from './protocol.ts';
import type { RestDialect } from './rest.ts';

interface Parts {
  readonly headers: Record<string, string>;
  /** The members of the body alone: the serializer writes every member it is given. */
  readonly body: Record<string, unknown>;
  readonly hasBody: boolean;
  readonly payload: { readonly schema: NormalizedSchema; readonly value: unknown } | undefined;
}

/** Takes an output apart into status, headers and body. */
export function writeRest(
  dialect: RestDialect,
  operation: Operation,
  output: Record<string, unknown>,
  requestId: string,
): WireResponse {
  const parts = takeApart(operation.output, output);
  const special = dialect.findSpecial?.(operation, output);
  const body = special ?? writeBody(dialect, operation, parts);
  const isDocument = body !== undefined && !isRaw(parts.payload?.value);
  return {
    // A part of an object is the one answer with another status than its template's.
    status: output['ContentRange'] === undefined ? (operation.http?.status ?? 200) : 206,
    headers: {
      ...(isDocument ? { 'content-type': dialect.contentType } : {}),
      ...parts.headers,
      [dialect.requestIdHeader]: requestId,
    },
    body,
  };
}

function takeApart(schema: NormalizedSchema, output: Record<string, unknown>): Parts {
  const headers: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  let payload: Parts['payload'];
  let hasBody = false;
  for (const [name, member] of schema.structIterator()) {
    const { httpPayload, httpHeader, httpPrefixHeaders } = member.getMergedTraits();
    const value = output[name];
    if (isBodyMember(member)) hasBody = true;
    if (value === undefined || value === null) continue;
    if (httpPayload) payload = { schema: member, value };
    else if (httpHeader) headers[httpHeader.toLowerCase()] = writeText(member, value);
    else if (httpPrefixHeaders !== undefined) Object.assign(headers, prefixHeaders(httpPrefixHeaders, value));
    else if (isBodyMember(member)) body[name] = value;
  }
  return { headers, body, hasBody, payload };
}

function writeText(schema: NormalizedSchema, value: unknown): string {
  stringWriter.write(schema, value);
  return stringWriter.flush();
}

function prefixHeaders(prefix: string, value: unknown): Record<string, string> {
  const entries = Object.entries<unknown>({ ...(typeof value === 'object' ? value : {}) });
  return Object.fromEntries(entries.map(([key, text]) => [`${prefix}${key}`.toLowerCase(), String(text)]));
}

function writeBody(dialect: RestDialect, operation: Operation, { payload, body, hasBody }: Parts): WireResponse['body'] {
  if (payload) return isRaw(payload.value) ? payload.value : encode(dialect, payload.schema, payload.value);
  return hasBody ? encode(dialect, operation.output, body) : undefined;
}

const isRaw = (value: unknown): value is Readable | Uint8Array | string =>
  value instanceof Readable || value instanceof Uint8Array || typeof value === 'string';

function encode(dialect: RestDialect, schema: NormalizedSchema, value: unknown): string | Uint8Array {
  const serializer = dialect.codec().createSerializer();
  serializer.write(schema, value);
  return serializer.flush();
}
