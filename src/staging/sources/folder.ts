import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ActionError, throwProblems } from '../../action-error.ts';
import { readFolder } from '../../workspace/folder.ts';
import type { FoundFile } from '../../workspace/walk.ts';
import { maxWrites, partBytes } from '../limits.ts';
import { forEachParallel } from '../pool.ts';
import type { Prepared } from '../open-source.ts';
import { createPathCheck } from '../paths.ts';
import { hashParts } from '../parts.ts';
import type { Fill, StageDeps } from '../ports.ts';
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
  const handle = await open(file);
  try {
    let position = 0;
    const fill: Fill = async (into) => {
      const { bytesRead } = await handle.read(into, 0, into.length, position);
      position += bytesRead;
      return bytesRead;
    };
    if (writer.mayBeThere(announced)) {
      if (await writer.keepByContent(announced, await hashParts(fill, announced.bytes))) return;
      position = 0;
    }
    await writer.writeLarge(announced, fill);
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
