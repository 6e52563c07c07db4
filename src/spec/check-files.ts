import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Problem } from '../action-error.ts';
import { findErrorCode } from './error-code.ts';
import { quote } from './finding.ts';
import type { Spec } from './spec.ts';

interface Expected {
  /** Key of the spec that names it. */
  readonly key: string;
  /** Relative to the repository. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly fix: string;
}

/**
 * Files and folders the spec names that are not in the checkout, or lie outside of it by a link.
 * @param root folder of the checkout
 */
export async function checkFiles(spec: Spec, root: string): Promise<Problem[]> {
  const top = await realpath(root);
  const problems: Problem[] = [];
  for (const expected of listExpected(spec)) {
    const fault = await findFault(expected, top);
    const line = spec.lines[expected.key];
    const where = { file: spec.path, ...(line === undefined ? {} : { line }) };
    if (fault) problems.push({ name: expected.key, message: `${quote(expected.path)} ${fault}.`, fix: expected.fix, where });
  }
  return problems;
}

function listExpected({ code, serve, data, smoke }: Spec): Expected[] {
  const expected: Expected[] = [];
  const fileFix = 'Correct the path, or commit the file.';
  const folderFix = 'Correct the path, or commit the folder; actions/checkout must run before this step.';
  if (code) {
    expected.push({ key: 'code.directory', path: code.directory, kind: 'folder', fix: folderFix });
    expected.push({
      key: 'code.entry-point',
      path: join(code.directory, code.entryPoint),
      kind: 'file',
      fix: 'Write the path inside code.directory.',
    });
  }
  if (serve && code) {
    expected.push({
      key: 'serve.entry-point',
      path: join(code.directory, serve.entryPoint),
      kind: 'file',
      fix: 'Write the path inside code.directory.',
    });
  }
  for (const [name, { from }] of Object.entries(data)) {
    if (from.kind === 'folder') expected.push({ key: `data.${name}.from`, path: from.path, kind: 'folder', fix: folderFix });
  }
  for (const [index, { event, expect }] of smoke.entries()) {
    if ('file' in event) expected.push({ key: `smoke[${index}].event.file`, path: event.file, kind: 'file', fix: fileFix });
    if (expect.golden)
      expected.push({ key: `smoke[${index}].expect.golden.file`, path: expect.golden.file, kind: 'file', fix: fileFix });
  }
  return expected;
}

async function findFault({ path, kind }: Expected, top: string): Promise<string | undefined> {
  try {
    const real = await realpath(join(top, path));
    if (real !== top && !real.startsWith(`${top}${sep}`)) return 'is a link that leads out of the repository';
    const found = await stat(real);
    if (kind === 'folder') return found.isDirectory() ? undefined : 'is no folder';
    return found.isFile() ? undefined : 'is no file';
  } catch (error) {
    const code = findErrorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${String(code)})`;
  }
}
