import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { matchesPatterns } from './patterns.ts';

export interface ArtifactFile {
  readonly path: string;
  /** Path inside the artifact. */
  readonly name: string;
}

/** The files that upload-artifact's `path` names: a file, a folder or a pattern a line, `!` leaves out. */
export function findArtifactFiles(workspace: string, paths: string): ArtifactFile[] {
  const lines = paths
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const excluded = lines.filter((line) => line.startsWith('!')).map((line) => resolve(workspace, line.slice(1)));
  const found = lines.filter((line) => !line.startsWith('!')).map((line) => search(resolve(workspace, line)));
  const roots = found.map(({ root }) => root);
  const files = [...new Set(found.flatMap((one) => one.files))].filter((path) => !matchesPatterns(path, excluded));
  const [only] = files;
  if (files.length === 1 && only !== undefined && roots.length === 1) return [{ path: only, name: basename(only) }];
  const root = commonFolder(roots);
  return files.map((path) => ({ path, name: relative(root, path) }));
}

/** Where a search starts, without its wildcards, and what it finds. */
function search(path: string): { root: string; files: string[] } {
  const parts = path.split('/');
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  if (wild < 0) {
    if (!existsSync(path)) return { root: join(path, '..'), files: [] };
    return statSync(path).isDirectory() ? { root: path, files: walk(path) } : { root: join(path, '..'), files: [path] };
  }
  const root = parts.slice(0, wild).join('/') || '/';
  return { root, files: existsSync(root) ? walk(root).filter((file) => matchesPatterns(file, [path, `${path}/**`])) : [] };
}

function walk(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function commonFolder(folders: readonly string[]): string {
  const [first = '', ...rest] = folders;
  let parts = first.split('/');
  for (const folder of rest) {
    const other = folder.split('/');
    const end = parts.findIndex((part, index) => part !== other[index]);
    if (end >= 0) parts = parts.slice(0, end);
  }
  return parts.join('/') || '/';
}
