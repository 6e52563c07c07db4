import { type Operation, requiredMembers } from './operation.ts';
import type { WireRequest } from './protocol.ts';

const label = /\{(\w+)(\+?)\}/g;
const templates = new WeakMap<Operation, { pattern: RegExp; names: string[]; literals: [string, string][] }>();

function compile(operation: Operation) {
  const known = templates.get(operation);
  if (known) return known;
  const [path = '/', query = ''] = (operation.http?.template ?? '/').split('?');
  const names = [...path.matchAll(label)].map((match) => match[1] ?? '');
  const pattern = new RegExp(`^${path.replaceAll(label, (_, _name, greedy) => (greedy ? '(.+)' : '([^/]+)'))}$`, 's');
  const compiled = { pattern, names, literals: [...new URLSearchParams(query)].filter(([key]) => key !== 'x-id') };
  templates.set(operation, compiled);
  return compiled;
}

/** The labels of the path, decoded; undefined when the path is not the operation's. */
export function matchPath(operation: Operation, request: WireRequest, bucketInPath: boolean): Record<string, string> | undefined {
  const { pattern, names } = compile(operation);
  const [bucket, path] = bucketInPath ? splitBucket(request.path) : ['', request.path];
  // S3's templates leave the bucket out: an operation with a Bucket label takes a path with one, ListBuckets the bare root.
  if (bucketInPath && (bucket !== '') !== isBucketOperation(operation)) return undefined;
  const match = pattern.exec(path);
  if (!match) return undefined;
  const labels = names.map((name, n): [string, string] => [name, decode(match[n + 1] ?? '')]);
  return Object.fromEntries(bucket ? [...labels, ['Bucket', decode(bucket)]] : labels);
}

function isBucketOperation(operation: Operation): boolean {
  const member = operation.input.isStructSchema() ? operation.input.getMemberSchemas()['Bucket'] : undefined;
  return member?.getMergedTraits().httpLabel !== undefined;
}

function splitBucket(path: string): [bucket: string, path: string] {
  const end = path.indexOf('/', 1);
  return end === -1 ? [path.slice(1), '/'] : [path.slice(1, end), path.slice(end)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * How well a request fits an operation; undefined when it does not. A key of the template and a required query or header member must be
 * there and count for it, so that UploadPart wins over PutObject, and ListParts over GetObject. `x-id` is a hint only some clients send.
 */
export function scoreRest(operation: Operation, request: WireRequest, bucketInPath: boolean): number | undefined {
  if (operation.http?.method !== request.method || !matchPath(operation, request, bucketInPath)) return undefined;
  const { literals } = compile(operation);
  const missing = literals.some(([key, value]) => !request.query.has(key) || (value !== '' && request.query.get(key) !== value));
  if (missing) return undefined;
  const required = requiredMembers(operation.input).flatMap((name) => {
    const traits = operation.input.getMemberSchema(name).getMergedTraits();
    if (traits.httpQuery) return [request.query.has(traits.httpQuery)];
    if (traits.httpHeader) return [request.headers[traits.httpHeader.toLowerCase()] !== undefined];
    return [];
  });
  if (required.includes(false)) return undefined;
  return 4 * literals.length + 2 * required.length + (request.query.get('x-id') === operation.name ? 8 : 0);
}
