import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { stepSchema } from './workflow.ts';

const text = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const actionSchema = z.object({
  name: z.string(),
  inputs: z
    .record(z.string(), z.union([z.object({ default: text.optional(), required: z.boolean().optional() }), z.null()]))
    .nullish(),
  outputs: z.record(z.string(), z.union([z.object({ value: z.string().optional() }), z.null()])).nullish(),
  runs: z.discriminatedUnion(
    'using',
    [
      z.object({
        using: z.enum(['node20', 'node24']),
        main: z.string(),
        pre: z.string().optional(),
        post: z.string().optional(),
        'post-if': z.string().optional(),
      }),
      z.object({ using: z.literal('composite'), steps: z.array(stepSchema) }),
    ],
    { error: 'only node20, node24 and composite actions can be rehearsed' },
  ),
});

export type Action = z.infer<typeof actionSchema>;

/** Reads action.yml of a folder; throws with the runner's words when there is none. */
export function readAction(folder: string): Action {
  const file = ['action.yml', 'action.yaml'].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (!file) {
    throw new Error(
      `Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '${folder}'. Did you forget to run actions/checkout before running your local action?`,
    );
  }
  const parsed = actionSchema.safeParse(parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${file}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
}

export type Use =
  | { readonly kind: 'action'; readonly folder: string }
  | { readonly kind: 'stand-in'; readonly name: string }
  | { readonly kind: 'unknown'; readonly name: string };

/** Where a step's `uses` leads: into the job's workspace, to this product, to a stand-in, or nowhere. */
export function resolveUse(uses: string, where: { workspace: string; productRoot: string; standIns: readonly string[] }): Use {
  if (uses.startsWith('./')) return { kind: 'action', folder: join(where.workspace, uses) };
  const [path = ''] = uses.split('@');
  const [owner = '', name = '', ...rest] = path.split('/');
  // A fork or a mirror keeps the name, and the rehearsal is about this very version.
  if (name.toLowerCase() === 'trainyard') return { kind: 'action', folder: join(where.productRoot, ...rest) };
  const action = `${owner}/${name}`.toLowerCase();
  return where.standIns.includes(action) ? { kind: 'stand-in', name: action } : { kind: 'unknown', name: path };
}
