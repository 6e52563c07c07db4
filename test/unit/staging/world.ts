import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describeParts, getPartBytes, hashPart } from '../../../src/staging/parts.ts';
import type { StageDeps, StagingStore } from '../../../src/staging/ports.ts';
import { stage, type Staged, type StageRequest } from '../../../src/staging/stage.ts';

interface Stored {
  data: Buffer;
  etag: string;
  content?: string;
  origin: string;
}

export interface World {
  readonly objects: Map<string, Stored>;
  readonly calls: string[];
  readonly lines: string[];
  readonly warnings: string[];
  readonly abort: AbortController;
  readonly root: string;
  stage(request: Partial<StageRequest> & Pick<StageRequest, 'from'>): Promise<Staged>;
  /** Puts an object there as somebody else would. */
  write(uri: string, text: string): void;
}

export const to = 's3://b/data/dogs';

const nameOf = (uri: string): string => uri.replace(/^s3:\/\/b\//, '');

/** S3 in memory. */
export function createWorld(downloadUrl?: string): World {
  const objects = new Map<string, Stored>();
  const calls: string[] = [];
  const lines: string[] = [];
  const warnings: string[] = [];
  const abort = new AbortController();
  const root = mkdtempSync(join(tmpdir(), 'trainyard-staging-'));
  let now = 0;
  const keep = (uri: string, data: Buffer, origin: string, content?: string) => {
    const etag = createHash('md5').update(data).digest('hex');
    objects.set(uri, { data: Buffer.from(data), etag, origin, ...(content === undefined ? {} : { content }) });
    return etag;
  };
  const store: StagingStore = {
    list: async (uri) => {
      calls.push(`list ${nameOf(uri)}`);
      const found = [...objects].filter(([key]) => key.startsWith(uri)).sort(([a], [b]) => (a < b ? -1 : 1));
      return found.map(([key, { data, etag }]) => ({ uri: key, bytes: data.length, etag }));
    },
    openRead: async (uri) => {
      const found = objects.get(uri);
      return found && Readable.from([found.data]);
    },
    describe: async (uri) => {
      calls.push(`describe ${nameOf(uri)}`);
      const found = objects.get(uri);
      if (!found) return undefined;
      const { data, etag, content, origin } = found;
      return { bytes: data.length, etag, origin, ...(content === undefined ? {} : { content }) };
    },
    put: async (uri, data, { sha256, origin }) => {
      calls.push(`put ${nameOf(uri)}`);
      return keep(uri, data, origin, `sha256:${sha256.toString('hex')}`);
    },
    upload: async (uri, fill, { bytes, origin, onPart }) => {
      calls.push(`upload ${nameOf(uri)}`);
      const parts: Buffer[] = [];
      for (;;) {
        const part = Buffer.alloc(getPartBytes(bytes));
        const filled = await fill(part);
        if (filled > 0) parts.push(part.subarray(0, filled));
        onPart(filled);
        if (filled < part.length) break;
      }
      const content = describeParts(parts.map(hashPart));
      return { etag: keep(uri, Buffer.concat(parts), origin, content), content };
    },
    copy: async (from, uri) => {
      calls.push(`copy ${nameOf(uri)}`);
      const { data, content } = objects.get(from.uri) ?? { data: Buffer.alloc(0), content: undefined };
      return { etag: keep(uri, data, '', content), ...(content === undefined ? {} : { content }) };
    },
    remove: async (uris) => {
      for (const uri of uris) {
        calls.push(`remove ${nameOf(uri)}`);
        objects.delete(uri);
      }
    },
  };
  const deps: StageDeps = {
    store,
    log: { info: (line) => void lines.push(line), warning: (line) => void warnings.push(line) },
    clock: {
      now: () => new Date(now),
      sleep: async (ms) => {
        now += ms;
      },
    },
    signal: abort.signal,
    root,
    temp: root,
    downloadUrl,
  };
  return {
    objects,
    calls,
    lines,
    warnings,
    abort,
    root,
    stage: (request) => stage({ name: 'data', to, delete: false, dryRun: false, ...request }, deps),
    write: (uri, text) => void keep(uri, Buffer.from(text), ''),
  };
}
