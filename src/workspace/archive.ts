import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as createPack, type Pack } from 'tar-stream';
import type { FoundFile } from './walk.ts';

/**
 * Writes the files as tar.gz to `path`: in the given order, without times or owners. Each file is read once, by stream.
 * @returns SHA-256 over names, modes, sizes and bytes, in hex
 */
export async function writeArchive(files: readonly FoundFile[], path: string): Promise<string> {
  const hash = createHash('sha256');
  const pack = createPack();
  const written = pipeline(pack, createGzip(), createWriteStream(path));
  written.catch(() => undefined); // awaited below; a rejection in between is not unhandled
  try {
    for (const file of files) hash.update(await addFile(pack, file));
    pack.finalize();
  } catch (error) {
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
  }
  // Rejects with the first cause, be it a file that could not be read or a disk that is full.
  await written;
  return hash.digest('hex');
}

async function addFile(pack: Pack, { path, file, bytes, executable }: FoundFile): Promise<Buffer> {
  const mode = executable ? 0o755 : 0o644;
  const hash = createHash('sha256').update(`${path}\0${mode}\0${bytes}\0`);
  const entry = pack.entry({ name: path, size: bytes, mode, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' });
  const source = createReadStream(file).on('data', (chunk) => hash.update(chunk));
  // The entry fails when the file has grown or shrunk since its size was read.
  await pipeline(source, entry);
  return hash.digest();
}
