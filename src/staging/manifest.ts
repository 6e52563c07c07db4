import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';

/** One object below the target as it was when it was staged. */
export interface Row {
  readonly path: string;
  readonly bytes: number;
  /** `sha256:<hex>`; `sha256-parts:<hex>` of files in parts; `etag:…` for objects whose bytes never passed through here and that have no SHA-256. */
  readonly content: string;
  /** Of the object in S3. */
  readonly etag: string;
  /** What the source says of the file before it is read: `crc32:…` in a zip, `etag:…` in S3, `beside` for objects it does not have, else empty. */
  readonly origin: string;
}

/** What tells one state of a source from another without reading it; absent for a source that cannot say. */
export interface SourceState {
  /** Without a query, which may hold a signature. */
  readonly address: string;
  readonly etag: string;
  readonly lastModified: string;
  readonly bytes: number;
}

export interface Manifest {
  readonly source: SourceState | undefined;
  /** By path. */
  readonly rows: ReadonlyMap<string, Row>;
}

const version = 1;
const head = z.object({
  version: z.literal(version),
  source: z.object({ address: z.string(), etag: z.string(), lastModified: z.string(), bytes: z.number() }).optional(),
});
const row = z.tuple([
  z.string().min(1),
  z.number().int().nonnegative(),
  z.string().regex(/^(?:sha256(?:-parts)?:[0-9a-f]{64}|etag:.{1,200})$/),
  z.string().min(1).max(200),
  z.string().max(210),
]);

export function sortRows(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 over names, sizes and contents, in hex: equal data give an equal hash, wherever they lie and came from. */
export function hashRows(sorted: readonly Row[]): string {
  const hash = createHash('sha256');
  for (const { path, bytes, content } of sorted) hash.update(`${JSON.stringify([path, bytes, content])}\n`);
  return hash.digest('hex');
}

/** The manifest as lines of JSON: what it is, then one row a line. */
export function formatManifest(source: SourceState | undefined, sorted: readonly Row[]): string {
  const lines = sorted.map(({ path, bytes, content, etag, origin }) => JSON.stringify([path, bytes, content, etag, origin]));
  return `${[JSON.stringify({ version, ...(source ? { source } : {}), files: sorted.length }), ...lines].join('\n')}\n`;
}

/** Reads a manifest line by line. @returns undefined for a text that is none */
export async function parseManifest(text: Readable): Promise<Manifest | undefined> {
  let source: SourceState | undefined;
  let first = true;
  const rows = new Map<string, Row>();
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      const value: unknown = JSON.parse(line);
      if (first) source = head.parse(value).source;
      else {
        const [path, bytes, content, etag, origin] = row.parse(value);
        rows.set(path, { path, bytes, content, etag, origin });
      }
      first = false;
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  } finally {
    text.destroy();
  }
  return first ? undefined : { source, rows };
}
