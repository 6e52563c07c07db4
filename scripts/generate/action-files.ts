import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = join(import.meta.dirname, '../..');

const actionFile = z.object({
  name: z.string(),
  description: z.string(),
  inputs: z
    .record(z.string(), z.object({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }))
    .default({}),
  outputs: z.record(z.string(), z.object({ description: z.string() })).default({}),
});

/** An action.yml and what it is called: the root action is `report`. */
export type ActionFile = z.infer<typeof actionFile> & { readonly id: string; readonly folder: string };

/** Every action of the repository, the root action first. */
export async function readActionFiles(): Promise<ActionFile[]> {
  const names = (await readdir(join(root, 'actions'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const folders = [{ id: 'report', folder: '' }, ...names.toSorted().map((name) => ({ id: name, folder: `actions/${name}/` }))];
  return Promise.all(
    folders.map(async ({ id, folder }) => {
      const text = await readFile(join(root, folder, 'action.yml'), 'utf8');
      return Object.assign(actionFile.parse(parse(text)), { id, folder });
    }),
  );
}
