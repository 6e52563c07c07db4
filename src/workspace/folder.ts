import { realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ActionError } from '../action-error.ts';
import { type FoundFile, walk } from './walk.ts';

const shownProblems = 10;

/** The real, absolute path of a folder of the checkout. Throws where it is missing, not a folder, or outside the checkout. */
async function resolveFolder(root: string, directory: string): Promise<string> {
  const fail = (seen: string) =>
    new ActionError({
      kind: 'input',
      message: `The folder "${directory}" ${seen}.`,
      fix: 'Name a folder of this repository, relative to its root, and check that an earlier step has checked it out.',
    });
  const realRoot = await realpath(root);
  const folder = await realpath(resolve(root, directory)).catch(() => undefined);
  if (folder === undefined) throw fail('does not exist');
  if (folder !== realRoot && !folder.startsWith(join(realRoot, sep))) throw fail('lies outside the checkout');
  if (!(await stat(folder)).isDirectory()) throw fail('is a file, not a folder');
  return folder;
}

/** The files of a folder of the checkout, sorted. Throws once with everything that is wrong in it. */
export async function readFolder(root: string, directory: string): Promise<FoundFile[]> {
  const { files, problems } = await walk(await resolveFolder(root, directory));
  if (problems.length > 0) {
    const shown = problems.slice(0, shownProblems).map(({ name, message }) => `${name} ${message}`);
    const more = problems.length > shownProblems ? `; and ${problems.length - shownProblems} more` : '';
    throw new ActionError({
      kind: 'input',
      message: `The folder "${directory}" cannot be sent: ${shown.join('; ')}${more}.`,
      fix: [...new Set(problems.map(({ fix }) => fix))].join(' '),
    });
  }
  if (files.length === 0) {
    throw new ActionError({
      kind: 'input',
      message: `The folder "${directory}" has no files.`,
      fix: 'Name the folder that has the files, and check that an earlier step has checked them out (also from Git LFS).',
    });
  }
  return files;
}
