import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { extract } from 'tar-stream';
import { ActionError } from '../../action-error.ts';
import type { RemoteFile } from '../download/remote-file.ts';
import { isBomb, maxFiles, maxTotalBytes } from '../limits.ts';
import { isLeftOut, normalisePath, type PathCheck } from '../paths.ts';

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
  const unpacked = extract();
  let [packedBytes, total, count] = [0, 0, 0];
  const download = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of file.stream(0)) {
      packedBytes += chunk.length;
      yield chunk;
    }
  };
  const source = download();
  // The failure of any of them ends the stream that is read below.
  if (gzipped) pipeline(source, createGunzip({ chunkSize: 256 * 1024 }), unpacked, () => undefined);
  else pipeline(source, unpacked, () => undefined);
  try {
    for await (const entry of unpacked) {
      const { name, size, type } = entry.header;
      const path = normalisePath(name);
      count += 1;
      total += size;
      if (count > maxFiles || total > maxTotalBytes || (gzipped && isBomb(total, packedBytes)))
        throw bomb(file.shown, total, packedBytes);
      const passed = type === 'directory' || path === '' || path.endsWith('/') || isLeftOut(path);
      if (!passed) note(path, type, check);
      if (passed || check.count > 0) {
        for await (const chunk of entry) void chunk;
      } else yield { path, bytes: size, data: bytesOf(entry) };
    }
  } catch (error) {
    throw explain(error, file.shown);
  } finally {
    unpacked.destroy();
  }
}

async function* bytesOf(entry: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of entry) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('An entry of an archive gave something that is not bytes.');
    yield chunk;
  }
}

function note(path: string, type: string, check: PathCheck): void {
  if (plain.has(type)) check.add(path);
  else check.refuse(path, type === 'symlink' || type === 'link' ? 'is a link' : 'is neither a file nor a folder');
}

function bomb(shown: string, bytes: number, packedBytes: number): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${shown} holds too much: ${bytes} bytes out of the first ${packedBytes}; at most ${maxFiles.toLocaleString('en-US')} files, 1 TB and 250 bytes out of one are staged.`,
    fix: 'Split the archive, or stage from an s3:// prefix, which has no such limit.',
  });
}

/** What is wrong with the archive itself as an ActionError; all else as it is. */
function explain(error: unknown, shown: string): unknown {
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
