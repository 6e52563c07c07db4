import { z } from 'zod';
import type { Workflow } from './workflow.ts';

const definition = z
  .object({
    type: z.string().default('string'),
    default: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
    required: z.boolean().default(false),
    options: z.array(z.unknown()).optional(),
  })
  .nullable()
  .transform((value) => value ?? { type: 'string', default: undefined, required: false, options: undefined });
const trigger = z.looseObject({ inputs: z.record(z.string(), definition).nullish() }).nullish();

/** The `inputs` of a run started by hand: what was given over the defaults, in the types the workflow declares. */
export function readDispatchInputs(
  { on }: Pick<Workflow, 'on'>,
  given: Readonly<Record<string, string>>,
): { inputs: Record<string, unknown> } | { problems: string[] } {
  const declared =
    (typeof on === 'object' && !Array.isArray(on) ? trigger.parse(on['workflow_dispatch'])?.inputs : undefined) ?? {};
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(declared, name))
    .map((name) => `--input ${name}: the workflow has no such input; it has ${Object.keys(declared).join(', ') || 'none'}.`);
  const inputs: Record<string, unknown> = {};
  for (const [name, { type, default: fallback, required, options }] of Object.entries(declared)) {
    const value = given[name] ?? fallback;
    if (value === undefined || value === null) {
      if (required) problems.push(`--input ${name}: the workflow requires it.`);
      inputs[name] = type === 'boolean' ? false : '';
    } else if (type === 'boolean' && !/^(?:true|false)$/.test(String(value))) {
      problems.push(`--input ${name}=${String(value)}: it is true or false.`);
    } else if (type === 'number' && (String(value).trim() === '' || Number.isNaN(Number(value)))) {
      problems.push(`--input ${name}=${String(value)}: it is a number.`);
    } else if (type === 'choice' && !(options ?? []).map(String).includes(String(value))) {
      problems.push(`--input ${name}=${String(value)}: it is one of ${(options ?? []).map(String).join(', ')}.`);
    } else {
      inputs[name] = type === 'boolean' ? String(value) === 'true' : type === 'number' ? Number(value) : String(value);
    }
  }
  return problems.length > 0 ? { problems } : { inputs };
}
