import { readFile, stat } from 'node:fs/promises';
import { ActionError, throwProblems } from '../action-error.ts';
import { findErrorCode } from './error-code.ts';
import { parseSpec } from './parse.ts';
import type { Spec } from './spec.ts';

const faults = new Map([
  ['ENOENT', 'does not exist'],
  ['EISDIR', 'is a folder'],
  ['ERR_ENCODING_INVALID_ENCODED_DATA', 'is not UTF-8 text'],
]);

const maxFileBytes = 16 << 20;

/**
 * Reads a trainyard.yml, with an environment's values laid over it. Throws one ActionError whose `problems` are everything
 * that is wrong, each with file and line.
 * @param path relative to the working directory, as it is to appear in messages
 * @param options.text the file's text, when it is known already
 */
export async function readSpec(path: string, options: { environment?: string | undefined; text?: string } = {}): Promise<Spec> {
  const text = options.text ?? (await readText(path));
  // GitHub finds the file of an annotation by its path from the root of the repository.
  const result = parseSpec(text, path.replace(/^(?:\.\/+)+/, ''), options.environment);
  if ('spec' in result) return result.spec;
  throwProblems(result.problems);
  throw new Error(`${path} was refused without a reason.`);
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw missing(path, `has ${size} bytes; no spec is that large`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof ActionError) throw error;
    throw missing(path, faults.get(findErrorCode(error) ?? '') ?? `cannot be read (${String(error)})`);
  }
}

function missing(path: string, what: string): ActionError {
  return new ActionError({
    kind: 'input',
    message: `input spec: The file ${JSON.stringify(path)} ${what}.`,
    fix: 'Check out the repository before this step (actions/checkout), and write the path from its root, e.g. spec: trainyard.yml.',
  });
}
