import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ActionError } from '../action-error.ts';
import { writeArchive } from './archive.ts';
import { readFolder } from './folder.ts';
import type { Workspace } from './ports.ts';
import type { FoundFile } from './walk.ts';

const maxCodeMb = 500;
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

function refuseTooLarge(directory: string, files: readonly FoundFile[], bytes: number): void {
  if (bytes <= maxCodeMb * 1e6) return;
  const largest = files.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3);
  throw new ActionError({
    kind: 'input',
    message: `The code folder "${directory}" has ${mb(bytes)}; at most ${maxCodeMb} MB are sent as code. Largest: ${largest
      .map((file) => `${file.path} (${mb(file.bytes)})`)
      .join(', ')}.`,
    fix: 'Move data and weights to a channel under `data` of trainyard.yml, or name a smaller folder as `code.directory`.',
  });
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * The checkout below `root`. Left out at any depth: `.git`, `__pycache__`, `node_modules`, `.venv`, `.DS_Store`, `*.pyc`.
 * @param temp the runner's temp folder; archives go to `trainyard/` in it
 */
export function createWorkspace({ root, temp }: { root: string; temp: string }): Workspace {
  return {
    async pack(directory) {
      const files = await readFolder(root, directory);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      refuseTooLarge(directory, files, bytes);
      const folder = join(temp, 'trainyard');
      await mkdir(folder, { recursive: true });
      const draft = join(folder, `code-${randomUUID()}.tmp`);
      try {
        const hash = await writeArchive(files, draft);
        const archive = join(folder, `code-${hash.slice(0, 16)}.tar.gz`);
        await rename(draft, archive);
        return { archive, hash, files: files.length, bytes };
      } finally {
        await rm(draft, { force: true });
      }
    },
    async manifest(directory) {
      const entries = [];
      for (const { path, file, bytes } of await readFolder(root, directory))
        entries.push({ path, file, bytes, sha256: await hashFile(file) });
      return entries;
    },
  };
}
