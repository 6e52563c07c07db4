import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { stat } from 'node:fs/promises';
import type { RandomAccess, RemoteFile } from './remote-file.ts';

/** A copy on this machine's disk, for a server that gives no parts of a file. Whoever asks for it removes it. */
export async function copyToDisk(
  file: RemoteFile,
  temp: string,
  onBytes: (bytes: number) => void,
): Promise<RandomAccess & { remove(): Promise<void> }> {
  const folder = join(temp, 'trainyard');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `download-${randomUUID()}`);
  const remove = () => rm(path, { force: true });
  try {
    await pipeline(counted(file, onBytes), createWriteStream(path));
    return { bytes: (await stat(path)).size, stream: (start, end) => readDisk(path, start, end), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function* counted(file: RemoteFile, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of file.stream(0)) {
    onBytes(chunk.length);
    yield chunk;
  }
}

async function* readDisk(path: string, start: number, end: number): AsyncGenerator<Buffer> {
  if (start < end) yield* createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}
