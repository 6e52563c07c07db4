import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ActionError } from '../../action-error.ts';
import type { TarFile } from '../archive/tar-read.ts';
import { readAll } from '../fill.ts';
import { fillFrom } from '../fill.ts';
import { maxWrites, partBytes } from '../limits.ts';
import { forEachParallel } from '../pool.ts';
import type { Announced, Writer } from '../writer.ts';
import { stageLargeFile } from './folder.ts';

interface Small {
  readonly file: Announced;
  readonly data: Buffer;
  readonly release: () => void;
}

/** Stages the files of a tar archive as they come. @param temp the runner's temp folder */
export async function stageTar(files: AsyncIterable<TarFile>, shown: string, temp: string, writer: Writer): Promise<void> {
  await forEachParallel(readSmall(files, shown, temp, writer), maxWrites, async ({ file, data, release }) => {
    try {
      await writer.write(file, data);
    } finally {
      release();
    }
  });
}

/** Small files with their bytes; large ones are written on the way, as the next file comes only after them. */
async function* readSmall(files: AsyncIterable<TarFile>, shown: string, temp: string, writer: Writer): AsyncGenerator<Small> {
  for await (const { path, bytes, data } of files) {
    const file = { path, bytes, origin: '' };
    if (bytes > partBytes) {
      await stageLarge(file, data, temp, writer);
      continue;
    }
    const release = await writer.memory.take(bytes);
    const read = await readAll(data, bytes);
    if (!read) throw cut(shown, path);
    yield { file, data: read, release };
  }
}

/** Whether it is there can be told only by its content, and it comes only once; so it waits on the disk meanwhile. */
async function stageLarge(file: Announced, data: AsyncIterable<Buffer>, temp: string, writer: Writer): Promise<void> {
  if (!writer.mayBeThere(file)) return writer.writeLarge(file, fillFrom(data));
  const folder = join(temp, 'trainyard');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `entry-${randomUUID()}`);
  try {
    await pipeline(data, createWriteStream(path));
    await stageLargeFile(path, file, writer);
  } finally {
    await rm(path, { force: true });
  }
}

function cut(shown: string, path: string): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${shown}: ${JSON.stringify(path)} is shorter than its header says.`,
    fix: 'The file may be cut or damaged; test it with tar -tf.',
  });
}
