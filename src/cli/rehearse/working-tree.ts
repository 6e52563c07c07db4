import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listFiles } from './repository.ts';

const never = new Set(['.git', 'node_modules', '.trainyard', '.venv', '__pycache__']);

/** The paths a checkout would have: what git knows or would add; without git, every file but those that are never committed. */
export async function listWorkingTree(root: string): Promise<string[]> {
  return (await listFiles(root)) ?? walk(root, root);
}

function walk(root: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (never.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(root, path) : [relative(root, path)];
  });
}
