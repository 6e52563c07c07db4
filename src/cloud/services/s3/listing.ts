/** One page of a listing. A common prefix counts as one key. */
export interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** Where the next page goes on; undefined at the end. */
  readonly next: string | undefined;
}

export interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Keys up to and including this one, and those below it when it is a common prefix, were on earlier pages. */
  readonly after: string | undefined;
}

export function listPage(sortedKeys: readonly string[], { prefix, delimiter, maxKeys, after }: PageRequest): Page {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  const wasListed = (key: string) =>
    after !== undefined && (isUpTo(key, after) || (delimiter !== '' && after.endsWith(delimiter) && key.startsWith(after)));
  for (const key of sortedKeys) {
    if (!key.startsWith(prefix) || wasListed(key)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = end === -1 ? undefined : key.slice(0, end + delimiter.length);
    if (common !== undefined && common === prefixes.at(-1)) continue;
    if (keys.length + prefixes.length >= maxKeys) return { keys, prefixes, next: last };
    if (common === undefined) keys.push(key);
    else prefixes.push(common);
    last = common ?? key;
  }
  return { keys, prefixes, next: undefined };
}

const isUpTo = (key: string, after: string) => Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0;

/** Continuation tokens are opaque to clients. */
export const encodeToken = (after: string): string => Buffer.from(after).toString('base64url');
export const decodeToken = (token: string): string => Buffer.from(token, 'base64url').toString();
