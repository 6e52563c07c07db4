import { createHash } from 'node:crypto';
import { type Budget, createBudget } from './pool.ts';
import { heldBytes, maxWrites } from './limits.ts';
import type { Row } from './manifest.ts';
import { hashParts } from './parts.ts';
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
  keepByContent(file: Announced, content: string): Promise<boolean>;
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
    return found?.content !== undefined && found.origin === file.origin && keep(file, found.content);
  }

  async function keepByContent(file: Announced, content: string): Promise<boolean> {
    if (!mayBeThere(file)) return false;
    const row = findRow(there, file.path);
    const known = row?.content.startsWith('sha256') ? row.content : (await describe(file))?.content;
    return known === content && keep(file, content);
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
      const content = `sha256:${sha256.toString('hex')}`;
      if (await keepByContent(file, content)) return;
      const etag = await put(file, data, sha256);
      note({ ...file, content, etag }, true);
      progress.addBytes(data.length);
    },
    async writeLarge(file, fill) {
      const { bytes, origin } = file;
      const written = dryRun
        ? { content: await hashParts(fill, bytes, progress.addBytes), etag: notWritten }
        : await store.upload(uriOf(file.path), fill, { bytes, origin, signal, onPart: progress.addBytes });
      note({ ...file, ...written }, true);
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
