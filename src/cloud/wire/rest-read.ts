import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../contract.ts';
import { isBodyMember } from './bindings.ts';
import { stringReader } from './codecs.ts';
import type { Operation } from './operation.ts';
import type { ReadInput, WireRequest } from './protocol.ts';
import type { RestDialect } from './rest.ts';
import { matchPath } from './rest-path.ts';

/** Puts the input together from path, query, headers and body. */
export async function readRest(dialect: RestDialect, operation: Operation, request: WireRequest): Promise<ReadInput> {
  const labels = matchPath(operation, request, dialect.bucketInPath);
  if (!labels) throw new AwsError('InvalidURI', `The path ${request.path} is not one of ${operation.name}.`);
  const input: Record<string, unknown> = {};
  const bodyMembers: string[] = [];
  for (const [name, member] of operation.input.structIterator()) {
    const bound = readBound(member, name, request, labels);
    if (bound !== undefined) input[name] = bound;
    else if (member.getMergedTraits().httpPayload) input[name] = await readPayload(dialect, operation, member, request);
    else if (isBodyMember(member)) bodyMembers.push(name);
  }
  if (bodyMembers.length > 0) Object.assign(input, await readBody(dialect, operation, request, bodyMembers));
  return { input, unknown: unknownQueryKeys(operation, request.query) };
}

function readBound(member: NormalizedSchema, name: string, request: WireRequest, labels: Record<string, string>): unknown {
  const { httpLabel, httpHeader, httpQuery, httpPrefixHeaders } = member.getMergedTraits();
  if (httpLabel) return readText(member, labels[name]);
  if (httpHeader) return readText(member, request.headers[httpHeader.toLowerCase()]);
  if (httpPrefixHeaders !== undefined) return readPrefixHeaders(httpPrefixHeaders.toLowerCase(), request);
  if (!httpQuery) return undefined;
  if (!member.isListSchema()) return readText(member, request.query.get(httpQuery));
  const items = request.query.getAll(httpQuery);
  return items.length > 0 ? items.map((item) => readText(member.getValueSchema(), item)) : undefined;
}

function readText(schema: NormalizedSchema, text: string | null | undefined): unknown {
  return text === null || text === undefined ? undefined : stringReader.read(schema, text);
}

function readPrefixHeaders(prefix: string, request: WireRequest): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith(prefix) && value !== undefined) found[name.slice(prefix.length)] = value;
  }
  return Object.keys(found).length > 0 ? found : undefined;
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

async function readBody(dialect: RestDialect, operation: Operation, request: WireRequest, members: readonly string[]) {
  const bytes = await request.body(operation.checksummed);
  const all = bytes.length === 0 ? {} : await decode(dialect, operation.input, bytes);
  return Object.fromEntries(Object.entries<unknown>({ ...all }).filter(([name]) => members.includes(name)));
}

async function decode(dialect: RestDialect, schema: NormalizedSchema, bytes: Buffer): Promise<object> {
  try {
    const value: unknown = await dialect.codec().createDeserializer().read(schema, bytes);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, for both kinds of wrong body.
  }
  throw new AwsError(
    dialect.malformedCode,
    'The body you provided was not well-formed or did not validate against our published schema',
  );
}

/** What a presigned URL carries, beside `X-Amz-…`. */
const presigned = ['AWSAccessKeyId', 'Expires', 'Signature'];

/** Query keys that are neither in the template, nor a member, nor part of a presigned URL. */
function unknownQueryKeys(operation: Operation, query: URLSearchParams): string[] {
  const known = new Set([
    'x-id',
    ...presigned,
    ...new URLSearchParams(operation.http?.template.split('?')[1] ?? '').keys(),
    ...Object.values(operation.input.getMemberSchemas()).map((member) => member.getMergedTraits().httpQuery),
  ]);
  return [...new Set(query.keys())].filter((key) => !known.has(key) && !/^x-amz-/i.test(key));
}
