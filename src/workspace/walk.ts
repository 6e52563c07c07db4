import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Problem } from '../action-error.ts';

export interface FoundFile {
  /** Path inside the walked folder, with `/`. */
  readonly path: string;
  /** Absolute path of the bytes; for a link, of what it points to. */
  readonly file: string;
  readonly bytes: number;
  readonly executable: boolean;
}

/** What no training job wants: version control, caches and installed packages. By name, at any depth. */
const ignoredNames = new Set(['.git', '__pycache__', 'node_modules', '.venv', '.DS_Store']);
const isIgnored = (name: string) => ignoredNames.has(name) || name.endsWith('.pyc');

const isInside = (folder: string, path: string) =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/**
 * Every file below a folder, sorted by path (by code unit, the same on every machine). A link to a file of the same folder counts as that
 * file; a link that leaves the folder, is broken or names a folder is a problem, as is anything that is neither file nor folder.
 * @param folder absolute and real (no link in it)
 */
export async function walk(folder: string): Promise<{ files: FoundFile[]; problems: Problem[] }> {
  const files: FoundFile[] = [];
  const problems: Problem[] = [];

  async function visit(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      if (isIgnored(name)) continue;
      const file = join(directory, name);
      const path = relative(folder, file).split(sep).join('/');
      const info = await lstat(file);
      if (info.isDirectory()) await visit(file);
      else if (info.isFile()) files.push({ path, file, bytes: info.size, executable: (info.mode & 0o111) !== 0 });
      else if (info.isSymbolicLink()) await follow(path, file);
      else
        problems.push({ name: path, message: 'is neither a file nor a folder', fix: 'Remove it, or move it out of the folder.' });
    }
  }

  async function follow(path: string, link: string): Promise<void> {
    const refuse = (message: string) => {
      problems.push({ name: path, message, fix: 'Replace the link by the file itself, or remove it.' });
    };
    const target = await realpath(link).catch(() => undefined);
    if (target === undefined) return refuse('is a link to something that does not exist');
    if (!isInside(folder, target)) return refuse('is a link that leaves the folder');
    if (relative(folder, target).split(sep).some(isIgnored)) return refuse('is a link to a file that is left out');
    const info = await stat(target);
    if (!info.isFile()) return refuse('is a link to something that is not a file');
    files.push({ path, file: target, bytes: info.size, executable: (info.mode & 0o111) !== 0 });
  }

  await visit(folder);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, problems };
}
