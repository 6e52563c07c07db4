import { createReadStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ActionError, throwProblems } from '../../action-error.ts';
import { readFolder } from '../../workspace/folder.ts';
import type { FoundFile } from '../../workspace/walk.ts';
import { hashStream } from '../hash-file.ts';
import { maxWrites, partBytes } from '../limits.ts';
import { forEachParallel } from '../pool.ts';
import type { Prepared } from '../open-source.ts';
import { createPathCheck } from '../paths.ts';
import type { StageDeps } from '../ports.ts';
import type { Target } from '../target.ts';
import type { Writer } from '../writer.ts';

/** A folder of the checkout. @param folder relative to the checkout */
export async function prepareFolder(folder: string, target: Target, { root }: Pick<StageDeps, 'root'>): Promise<Prepared> {
  const files = await readFolder(root, folder);
  const check = createPathCheck(target, folder);
  for (const { path } of files) check.add(path);
  throwProblems(check.problems);
  if (files.length === 0) {
    throw new ActionError({
      kind: 'input',
      message: `The folder ${JSON.stringify(folder)} has no files.`,
      fix: 'Name a folder with data, or fetch it in an earlier step.',
    });
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { total: { files: files.length, bytes }, stage: (writer) => stageFolder(files, writer) };
}

/** Stages files of this machine. */
async function stageFolder(files: readonly FoundFile[], writer: Writer): Promise<void> {
  await forEachParallel(files, maxWrites, async ({ path, file, bytes }) => {
    const announced = { path, bytes, origin: '' };
    if (bytes > partBytes) return stageLargeFile(file, announced, writer);
    const release = await writer.memory.take(bytes);
    try {
      // At once: a small file is read in microseconds, and each turn through the thread pool costs more than that.
      const data = readFileSync(file);
      if (data.length !== bytes) throw changed(path);
      await writer.write(announced, data);
    } finally {
      release();
    }
  });
}

/** A large file on this machine's disk, hashed first where an object of its size is there. */
export async function stageLargeFile(
  file: string,
  announced: { path: string; bytes: number; origin: string },
  writer: Writer,
): Promise<void> {
  if (writer.mayBeThere(announced)) {
    const known = await hashStream(createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>);
    if (await writer.keepByContent(announced, known.sha256, () => known.crc32)) return;
  }
  const handle = await open(file);
  try {
    await writer.writeLarge(announced, async (into) => (await handle.read(into, 0, into.length)).bytesRead);
  } finally {
    await handle.close();
  }
}

function changed(path: string): ActionError {
  return new ActionError({
    kind: 'conflict',
    message: `${JSON.stringify(path)} has changed while it was being read.`,
    fix: 'Let the step that writes the folder end before this one begins.',
  });
}
