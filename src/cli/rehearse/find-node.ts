import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const wantedMajor = 24;

/** The Node that plays the runner's: this one if it is new enough, else the one installed beside the product. */
export function findNode(productRoot: string): { path: string; version: string; asOnGitHub: boolean } {
  const own = { path: process.execPath, version: process.version };
  const installed = join(productRoot, 'node_modules/.bin/node');
  const node = majorOf(own.version) < wantedMajor && existsSync(installed) ? { path: installed, version: ask(installed) } : own;
  return { ...node, asOnGitHub: majorOf(node.version) >= wantedMajor };
}

const majorOf = (version: string): number => Number(/^v(\d+)/.exec(version)?.[1] ?? 0);

const ask = (path: string): string => execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
