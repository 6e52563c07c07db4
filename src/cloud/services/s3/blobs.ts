import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RunningChecksum } from '../../wire/crc.ts';

/** Bytes on disk that never change once they are written. */
export interface Blob {
  readonly file: string;
  readonly bytes: number;
  readonly md5: Buffer;
}

export interface Blobs {
  /** Writes a stream to a new file; a stream that fails leaves nothing behind. `name` only makes the file easier to find. */
  write(name: string, source: Readable, checksum?: RunningChecksum): Promise<Blob>;
  /** Writes several files, one after the other, as one. */
  join(name: string, files: readonly string[], checksum?: RunningChecksum): Promise<Blob>;
  /** Removes a file that nothing names any more, once those that were just handed its path have had time to open it. */
  remove(blob: Blob): void;
}

const removeAfterMs = 30_000;

/** Keeps its files in a new folder below `parent`: two clouds that were given the same one, or an earlier run's, do not meet. */
export function createBlobs(parent: string): Blobs {
  const folder = mkdtempSync(join(parent, 's3-'));
  let next = 1;

  async function write(name: string, source: Readable, checksum?: RunningChecksum): Promise<Blob> {
    const file = join(folder, `${String(next).padStart(6, '0')}-${name.replaceAll(/[^\w.-]+/g, '-').slice(-60)}`);
    next += 1;
    const md5 = createHash('md5');
    let bytes = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        md5.update(chunk);
        checksum?.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(source, counter, createWriteStream(file));
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    return { file, bytes, md5: md5.digest() };
  }

  return {
    write,
    join: (name, files, checksum) => write(name, Readable.from(readAll(files)), checksum),
    remove({ file }) {
      setTimeout(() => void rm(file, { force: true }), removeAfterMs).unref();
    },
  };
}

async function* readAll(files: readonly string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file, { highWaterMark: 1 << 20 });
}
