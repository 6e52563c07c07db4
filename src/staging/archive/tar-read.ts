import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { extract, type Extract } from 'tar-stream';
import { ActionError } from '../../action-error.ts';
import type { RemoteFile } from '../download/remote-file.ts';
import { isBomb, maxFiles, maxRatio, maxTotalBytes } from '../limits.ts';
import { isLeftOut, normalisePath, type PathCheck } from '../paths.ts';
import { formatBytes } from '../progress.ts';

/** A file of a tar archive; its bytes must be read before the next one comes. */
export interface TarFile {
  readonly path: string;
  readonly bytes: number;
  readonly data: AsyncIterable<Buffer>;
}

const plain = new Set(['file', 'contiguous-file']);

/**
 * The files of a tar archive in one pass. After the first path that must not be written no file comes any more, but the rest is
 * looked at, so that `check` knows all of them.
 */
export async function* readTar(file: RemoteFile, gzipped: boolean, check: PathCheck): AsyncGenerator<TarFile> {
  const { entries, explain } = unpack(file, gzipped);
  let count = 0;
  try {
    for await (const entry of entries) {
      const { name, size, type } = entry.header;
      const path = normalisePath(name);
      count += 1;
      if (count > maxFiles) throw tooMuch(file.shown, `more than ${maxFiles.toLocaleString('en-US')} files`);
      const passed = type === 'directory' || path === '' || path.endsWith('/') || isLeftOut(path);
      if (!passed) note(path, type, check);
      if (!passed && check.count === 0) yield { path, bytes: size, data: readEntry(entry, explain) };
      else for await (const chunk of entry) void chunk;
    }
  } catch (error) {
    throw await explain(error);
  } finally {
    entries.destroy();
  }
}

/** The entries of the archive, and why reading them failed: of a chain of streams the last one only knows that it did. */
function unpack(file: RemoteFile, gzipped: boolean): { entries: Extract; explain: (error: unknown) => Promise<unknown> } {
  const entries = extract();
  let [packedBytes, bytes] = [0, 0];
  const download = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of file.stream(0)) {
      packedBytes += chunk.length;
      yield chunk;
    }
  };
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxTotalBytes) throw tooMuch(file.shown, 'more than 1 TB');
      if (isBomb(bytes, packedBytes))
        throw tooMuch(file.shown, `${formatBytes(bytes)} out of the first ${formatBytes(packedBytes)}`);
      yield chunk;
    }
  };
  const flowing = gzipped
    ? pipeline(download(), createGunzip({ chunkSize: 256 * 1024 }), counted, entries)
    : pipeline(download(), counted, entries);
  // It is asked for below, when something fails.
  flowing.catch(() => undefined);
  return {
    entries,
    explain: async (error) => {
      if (error instanceof ActionError) return error;
      entries.destroy();
      try {
        await flowing;
        return error;
      } catch (first) {
        return describe(first, file.shown);
      }
    },
  };
}

async function* readEntry(entry: AsyncIterable<unknown>, explain: (error: unknown) => Promise<unknown>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of entry) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('An entry of an archive gave something that is not bytes.');
      yield chunk;
    }
  } catch (error) {
    throw await explain(error);
  }
}

function note(path: string, type: string, check: PathCheck): void {
  if (plain.has(type)) check.add(path);
  else check.refuse(path, type === 'symlink' || type === 'link' ? 'is a link' : 'is neither a file nor a folder');
}

function tooMuch(shown: string, what: string): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${shown} holds too much: ${what}. At most ${maxFiles.toLocaleString('en-US')} files, 1 TB, and ${maxRatio} bytes out of one are staged.`,
    fix: 'Split the archive, or stage from an s3:// prefix, which has no such limit.',
  });
}

/** What is wrong with the archive itself as an ActionError; all else as it is. */
function describe(error: unknown, shown: string): unknown {
  if (error instanceof ActionError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (!code.startsWith('Z_') && !/tar|header|end of data/i.test(error.message)) return error;
  return new ActionError({
    kind: 'input',
    message: `${shown} cannot be read as an archive: ${error.message}.`,
    fix: 'The file may be cut or damaged; test it with tar -tf.',
    cause: error,
  });
}
