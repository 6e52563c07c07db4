import type { NormalizedSchema } from '@smithy/core/schema';
import type { Codec } from '@smithy/types';
import { Readable } from 'node:stream';
import { AwsError } from '../contract.ts';
import { stringReader, stringWriter } from './codecs.ts';
import type { Operation, WireService } from './operation.ts';
import type { Protocol, ReadInput, WireRequest, WireResponse } from './protocol.ts';
import { matchPath } from './rest-path.ts';
import type { ShapedError } from './errors.ts';
import { shapeError } from './errors.ts';

type AnyCodec = Codec<string | Uint8Array, string | Uint8Array>;

/** What differs between REST-JSON, REST-XML and S3. */
export interface RestDialect {
  /** The bucket is the first segment of the path, before the template. */
  readonly bucketInPath: boolean;
  readonly contentType: string;
  codec(service: WireService): AnyCodec;
  writeError(error: ShapedError, requestId: string): string;
  requestIdHeader: string;
  /** Answers that are not what their schema says. */
  readonly special?: (operation: Operation, output: Record<string, unknown>) => string | undefined;
}

/** REST: labels in the path, members in query and headers, the rest or one payload member in the body. */
export function rest(dialect: RestDialect): Protocol {
  return {
    async read(operation, request): Promise<ReadInput> {
      const labels = matchPath(operation, request, dialect.bucketInPath);
      if (!labels) throw new AwsError('InvalidURI', `The path ${request.path} is not one of ${operation.name}.`);
      const input: Record<string, unknown> = {};
      const unknown = unknownQueryKeys(operation, request.query);
      let bodyMembers = false;
      for (const [name, member] of operation.input.structIterator()) {
        const traits = member.getMergedTraits();
        const bound = readBound(member, name, request, labels);
        if (bound !== undefined) input[name] = bound;
        else if (traits.httpPayload) input[name] = await readPayload(dialect, operation, member, request);
        else if (isBodyMember(member)) bodyMembers = true;
      }
      if (bodyMembers) Object.assign(input, await readBody(dialect, operation, request));
      return { input, unknown };
    },

    write(service, operation, output, requestId) {
      const headers: Record<string, string> = { [dialect.requestIdHeader]: requestId };
      // A part of an object is the one answer with another status than its template's.
      const status = output['ContentRange'] === undefined ? successOf(operation) : 206;
      const special = dialect.special?.(operation, output);
      if (special !== undefined) return { status, headers: { ...headers, 'content-type': dialect.contentType }, body: special };
      const body = writeOutput(dialect, service, operation, output, headers);
      return { status, headers, body };
    },

    fail(service, error, requestId) {
      const shaped = shapeError(service, error);
      const headers = {
        'content-type': dialect.contentType,
        [dialect.requestIdHeader]: requestId,
        'x-amzn-errortype': shaped.name,
      };
      return { status: shaped.status, headers, body: dialect.writeError(shaped, requestId) };
    },
  };
}

function successOf(operation: Operation): number {
  // S3's templates say 200 where it answers 204; the number is the only thing a client could see.
  return /^Delete(Object|Bucket|ObjectTagging)$|^AbortMultipartUpload$/.test(operation.name) ? 204 : 200;
}

function isBodyMember(member: NormalizedSchema): boolean {
  const { httpHeader, httpLabel, httpPayload, httpPrefixHeaders, httpQuery, httpQueryParams, httpResponseCode } =
    member.getMergedTraits();
  return ![httpHeader, httpLabel, httpPayload, httpPrefixHeaders, httpQuery, httpQueryParams, httpResponseCode].some(
    (trait) => trait !== undefined,
  );
}

function readBound(member: NormalizedSchema, name: string, request: WireRequest, labels: Record<string, string>): unknown {
  const traits = member.getMergedTraits();
  const read = (text: string | null | undefined): unknown =>
    text === null || text === undefined ? undefined : stringReader.read(member, text);
  if (traits.httpLabel) return read(labels[name]);
  if (traits.httpHeader) return read(request.headers[traits.httpHeader.toLowerCase()]);
  if (traits.httpQuery) {
    if (!member.isListSchema()) return read(request.query.get(traits.httpQuery));
    const items = request.query.getAll(traits.httpQuery);
    return items.length > 0 ? items.map((item): unknown => stringReader.read(member.getValueSchema(), item)) : undefined;
  }
  if (traits.httpPrefixHeaders !== undefined) return readPrefixHeaders(traits.httpPrefixHeaders.toLowerCase(), request);
  return undefined;
}

function readPrefixHeaders(prefix: string, request: WireRequest): Record<string, string> | undefined {
  const found = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value]] : [],
  );
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

async function readPayload(
  dialect: RestDialect,
  operation: Operation,
  member: NormalizedSchema,
  request: WireRequest,
): Promise<unknown> {
  if (member.isStreaming()) return request.stream();
  const bytes = await request.body(operation.checksummed);
  if (bytes.length === 0) return undefined;
  if (member.isBlobSchema()) return bytes;
  if (member.isStringSchema()) return bytes.toString();
  return decode(dialect, member, bytes);
}

async function readBody(dialect: RestDialect, operation: Operation, request: WireRequest): Promise<Record<string, unknown>> {
  const bytes = await request.body(operation.checksummed);
  if (bytes.length === 0) return {};
  const all = (await decode(dialect, operation.input, bytes)) as Record<string, unknown>;
  const members = operation.input.getMemberSchemas();
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => members[name] && isBodyMember(members[name] as NormalizedSchema)),
  );
}

async function decode(dialect: RestDialect, schema: NormalizedSchema, bytes: Buffer): Promise<unknown> {
  try {
    return (await dialect
      .codec({ metadata: {} } as WireService)
      .createDeserializer()
      .read(schema, bytes)) as unknown;
  } catch {
    const code = dialect.contentType.endsWith('xml') ? 'MalformedXML' : 'SerializationException';
    throw new AwsError(code, 'The body of the request is not well-formed or does not match the published schema.');
  }
}

/** Query keys that are neither in the template, nor a member, nor part of a presigned URL. */
function unknownQueryKeys(operation: Operation, query: URLSearchParams): string[] {
  const members = Object.values(operation.input.getMemberSchemas()).map((member) => member.getMergedTraits().httpQuery);
  const literals = new URLSearchParams(operation.http?.template.split('?')[1] ?? '');
  return [...new Set(query.keys())].filter(
    (key) => key !== 'x-id' && !/^x-amz-/i.test(key) && !literals.has(key) && !members.includes(key),
  );
}

function writeOutput(
  dialect: RestDialect,
  service: WireService,
  operation: Operation,
  output: Record<string, unknown>,
  headers: Record<string, string>,
): WireResponse['body'] {
  if (operation.output.isUnitSchema()) return undefined;
  const bodyMembers: [string, unknown][] = [];
  let payload: [NormalizedSchema, unknown] | undefined;
  let hasBody = false;
  for (const [name, member] of operation.output.structIterator()) {
    const traits = member.getMergedTraits();
    const value = output[name];
    if (isBodyMember(member)) {
      hasBody = true;
      bodyMembers.push([name, value]);
    } else if (value === undefined || value === null) continue;
    else if (traits.httpPayload) payload = [member, value];
    else if (traits.httpHeader) headers[traits.httpHeader.toLowerCase()] = writeString(member, value);
    else if (traits.httpPrefixHeaders !== undefined) writePrefixHeaders(traits.httpPrefixHeaders, value, headers);
  }
  if (payload) return writePayload(dialect, service, payload, headers);
  if (!hasBody) return undefined;
  headers['content-type'] = dialect.contentType;
  // The serializer writes every member it is given: only those of the body may reach it.
  return encode(dialect, service, operation.output, Object.fromEntries(bodyMembers));
}

function writeString(schema: NormalizedSchema, value: unknown): string {
  stringWriter.write(schema, value);
  return stringWriter.flush();
}

function writePrefixHeaders(prefix: string, value: unknown, headers: Record<string, string>): void {
  for (const [key, text] of Object.entries(value as Record<string, string>)) headers[`${prefix}${key}`.toLowerCase()] = text;
}

function writePayload(
  dialect: RestDialect,
  service: WireService,
  [member, value]: [NormalizedSchema, unknown],
  headers: Record<string, string>,
) {
  if (value instanceof Readable || value instanceof Uint8Array || typeof value === 'string') return value;
  headers['content-type'] = dialect.contentType;
  return encode(dialect, service, member, value);
}

function encode(dialect: RestDialect, service: WireService, schema: NormalizedSchema, value: unknown): string | Uint8Array {
  const serializer = dialect.codec(service).createSerializer();
  serializer.write(schema, value);
  return serializer.flush();
}
