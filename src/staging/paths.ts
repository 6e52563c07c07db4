import type { Problem } from '../action-error.ts';
import { maxKeyBytes } from './limits.ts';
import type { Target } from './target.ts';

/** A path of an archive as a key: without `./` in front, which packers like to write. */
export function normalisePath(path: string): string {
  return path.replace(/^(?:\.\/+)+/, '');
}

/** What packers of macOS add beside the files; no training wants it. */
export function isLeftOut(path: string): boolean {
  return path.startsWith('__MACOSX/') || path === '.DS_Store' || path.endsWith('/.DS_Store');
}

/** Why a path must not be written; undefined when it may. */
function findPathFault(path: string, target: Target): string | undefined {
  const parts = path.split('/');
  if (path === '') return 'has no name';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is an absolute path';
  if (parts.includes('..')) return 'has .. in its path';
  if (parts.includes('') || parts.includes('.')) return 'has an empty part or . in its path';
  // oxlint-disable-next-line no-control-regex -- keeping them out is the point
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has a control character in its name';
  const keyBytes = Buffer.byteLength(target.uri) - `s3://${target.bucket}/`.length + Buffer.byteLength(path);
  return keyBytes > maxKeyBytes ? `makes a key of ${keyBytes} bytes, and S3 takes ${maxKeyBytes}` : undefined;
}

/** Collects what is wrong with the paths of a source, as they come. */
export interface PathCheck {
  /** Whether the path may be written so far as is known. */
  add(path: string): boolean;
  /** Something else that is wrong with a path. */
  refuse(path: string, fault: string): void;
  readonly problems: readonly Problem[];
  /** How many there are; only the first are kept as problems. */
  readonly count: number;
}

const shownProblems = 20;
const fix = 'Rename or remove it in the source, or ask who made it; until then nothing is staged from there.';

/** @param source what messages call it */
export function createPathCheck(target: Target, source: string): PathCheck {
  const files = new Set<string>();
  const folders = new Set<string>();
  const problems: Problem[] = [];
  let count = 0;
  const refuse = (path: string, fault: string) => {
    count += 1;
    const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
    if (problems.length < shownProblems) problems.push({ name: source, message: `${source}: ${shown} ${fault}.`, fix });
  };
  const findFault = (path: string): string | undefined => {
    const fault = findPathFault(path, target);
    if (fault !== undefined) return fault;
    if (files.has(path)) return 'is there twice';
    if (folders.has(path)) return 'is both a file and a folder';
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash);
      if (files.has(folder)) return `lies in ${JSON.stringify(folder)}, which is a file`;
      if (folders.has(folder)) break;
      folders.add(folder);
    }
    files.add(path);
    return undefined;
  };
  return {
    problems,
    refuse,
    get count() {
      return count;
    },
    add(path) {
      const fault = findFault(path);
      if (fault !== undefined) refuse(path, fault);
      return fault === undefined;
    },
  };
}
