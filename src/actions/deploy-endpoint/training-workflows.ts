import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Workflow files of a checkout that use train-model, e.g. `.github/workflows/train.yml`. */
export async function listTrainingWorkflows(workspace: string): Promise<string[]> {
  const folder = join('.github', 'workflows');
  const names = await readdir(join(workspace, folder)).catch(() => []);
  const files = names.filter((name) => /\.ya?ml$/.test(name)).toSorted();
  const texts = await Promise.all(files.map((name) => readFile(join(workspace, folder, name), 'utf8').catch(() => '')));
  return files
    .filter((_, index) => /^\s*(?:-\s+)?uses:.*\/train-model(?:@|\s|$)/m.test(texts[index] ?? ''))
    .map((name) => `${folder}/${name}`);
}
