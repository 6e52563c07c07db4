import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Budget, createBudget } from './pool.ts';
import { heldBytes, maxWrites } from './limits.ts';
import type { Row } from './manifest.ts';
import type { Described, Fill, StageDeps } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Target } from './target.ts';
import { findRow, type There } from './there.ts';

/** A file of a source whose bytes have not been read. `origin` is what the source says of them, or empty. */
export interface Announced {
  readonly path: string;
  readonly bytes: number;
  readonly origin: string;
}

/** Decides for each file whether it must be written, writes it, and keeps account of both. */
export interface Writer {
  /** Bytes in memory are taken from here before they are read. */
  readonly memory: Budget;
  readonly progress: Progress;
  /** Whether an object of that size is there, so that comparing is worth it. */
  mayBeThere(file: Announced): boolean;
  /** Whether the object is there already by what the source says of it; nothing is read or written. */
  keepByOrigin(file: Announced): Promise<boolean>;
  /** Whether it is, by the content. */
  keepByContent(file: Announced, sha256: string, sum: () => number): Promise<boolean>;
  write(file: Announced, data: Buffer): Promise<void>;
  writeLarge(file: Announced, fill: Fill): Promise<void>;
  /** Notes what was written by other means, or would be. */
  note(row: Row, written: boolean): void;
  readonly rows: ReadonlyMap<string, Row>;
  readonly written: number;
  readonly writtenBytes: number;
}

/** What would be written in a dry run has no ETag. */
const notWritten = 'not written';

export interface WriterOptions {
  readonly target: Target;
  readonly there: There;
  readonly dryRun: boolean;
  readonly progress: Progress;
}

export function createWriter(options: WriterOptions, { store, signal }: Pick<StageDeps, 'store' | 'signal'>): Writer {
  const { target, there, dryRun, progress } = options;
  const rows = new Map<string, Row>();
  const counts = { written: 0, bytes: 0 };
  const places = createBudget(maxWrites);
  const described = new Map<string, Promise<Described | undefined>>();

  const uriOf = (path: string) => target.uri + path;
  const note = (row: Row, written: boolean) => {
    rows.set(row.path, row);
    progress.addFile();
    if (!written) return;
    counts.written += 1;
    counts.bytes += row.bytes;
  };
  const mayBeThere = ({ path, bytes }: Announced) => there.objects.get(path)?.bytes === bytes;
  /** Asked only for objects of the right size that the manifest does not know: after a staging that did not end. */
  const describe = async ({ path, bytes }: Announced): Promise<Described | undefined> => {
    const known = described.get(path) ?? store.describe(uriOf(path));
    described.set(path, known);
    const found = await known;
    return found?.bytes === bytes && found.etag === there.objects.get(path)?.etag ? found : undefined;
  };
  const keep = ({ path, bytes, origin }: Announced, content: string) => {
    const etag = there.objects.get(path)?.etag ?? '';
    note({ path, bytes, content, etag, origin }, false);
    progress.addBytes(bytes);
    return true;
  };

  async function keepByOrigin(file: Announced): Promise<boolean> {
    if (file.origin === '' || !mayBeThere(file)) return false;
    const row = findRow(there, file.path);
    if (row) return row.origin === file.origin && keep(file, row.content);
    const found = await describe(file);
    return found?.sha256 !== undefined && found.origin === file.origin && keep(file, `sha256:${found.sha256}`);
  }

  async function keepByContent(file: Announced, sha256: string, sum: () => number): Promise<boolean> {
    if (!mayBeThere(file)) return false;
    const content = `sha256:${sha256}`;
    const row = findRow(there, file.path);
    if (row?.content.startsWith('sha256:')) return row.content === content && keep(file, content);
    const found = await describe(file);
    const same = found?.sha256 === undefined ? found?.crc32 !== undefined && found.crc32 === sum() : found.sha256 === sha256;
    return same && keep(file, content);
  }

  async function put(file: Announced, data: Buffer, sha256: Buffer): Promise<string> {
    if (dryRun) return notWritten;
    const leave = await places.take(1);
    try {
      signal.throwIfAborted();
      return await store.put(uriOf(file.path), data, { sha256, origin: file.origin, signal });
    } finally {
      leave();
    }
  }

  return {
    memory: createBudget(heldBytes),
    progress,
    mayBeThere,
    keepByOrigin,
    keepByContent,
    async write(file, data) {
      const sha256 = createHash('sha256').update(data).digest();
      if (await keepByContent(file, sha256.toString('hex'), () => crc32(data))) return;
      const etag = await put(file, data, sha256);
      note({ ...file, content: `sha256:${sha256.toString('hex')}`, etag }, true);
      progress.addBytes(data.length);
    },
    async writeLarge(file, fill) {
      const hash = createHash('sha256');
      const read = hashed(fill, hash);
      const etag = dryRun
        ? notWritten
        : await store.upload(uriOf(file.path), read, { bytes: file.bytes, signal, onPart: progress.addBytes });
      if (dryRun) await drain(read, progress.addBytes);
      note({ ...file, content: `sha256:${hash.digest('hex')}`, etag }, true);
    },
    note,
    rows,
    get written() {
      return counts.written;
    },
    get writtenBytes() {
      return counts.bytes;
    },
  };
}

function hashed(fill: Fill, hash: Hash): Fill {
  return async (into) => {
    const bytes = await fill(into);
    hash.update(into.subarray(0, bytes));
    return bytes;
  };
}

async function drain(fill: Fill, onBytes: (bytes: number) => void): Promise<void> {
  const buffer = Buffer.allocUnsafe(2 ** 20);
  for (let bytes = await fill(buffer); bytes > 0; bytes = await fill(buffer)) onBytes(bytes);
}
