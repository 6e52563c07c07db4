import { readActionFiles } from './action-files.ts';
import type { ActionFile } from './action-files.ts';

type Kind = 'text' | 'required' | 'flag' | 'boolean' | 'usd' | 'list' | 'map';

const typeOf: Record<Kind, string> = {
  text: 'string | undefined',
  required: 'string',
  flag: 'boolean',
  boolean: 'boolean | undefined',
  usd: 'number | undefined',
  list: 'readonly string[]',
  map: 'Readonly<Record<string, string>>',
};

/**
 * action.yml knows only texts. The type of an input follows from what stands there:
 * a default of true or false → boolean; a name ending in -usd → number of 0 or more; the names below → lists and maps;
 * required, or with a default that is not empty → string; everything else → string or undefined.
 */
export function kindOf(name: string, input: ActionFile['inputs'][string]): Kind {
  if (input.default === 'true' || input.default === 'false') return 'flag';
  if (name.endsWith('-usd')) return 'usd';
  if (name === 'runs') return 'list';
  if (name === 'hyperparameters') return 'map';
  // Filled in by GitHub from the job, not by people.
  if (name === 'matrix') return 'text';
  return input.required || input.default ? 'required' : 'text';
}

/** The TypeScript that reads an action's inputs. */
export function writeReader(action: ActionFile): string {
  const inputs = Object.entries(action.inputs).map(([name, input]) => ({
    name,
    member: camelCase(name),
    kind: kindOf(name, input),
    input,
  }));
  const members = inputs.map(
    ({ member, kind, input }) => `  /** ${input.description.replaceAll('*/', '* /')} */\n  readonly ${member}: ${typeOf[kind]};`,
  );
  const reads = inputs.map(({ name, member, kind, input }) => `    ${member}: ${readOf(name, kind, input.default)},`);
  return `// Generated from ${action.folder}action.yml by scripts/generate/inputs.ts. Change action.yml and run \`npm run generate\`.
import { throwProblems } from '../../action-error.ts';
import type { InputReader } from '../../runner/ports.ts';

export interface Inputs {
${members.join('\n')}
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(${JSON.stringify(inputs.map(({ name }) => name))});
  const inputs: Inputs = {
${reads.join('\n')}
  };
  throwProblems(reader.problems);
  return inputs;
}
`;
}

function readOf(name: string, kind: Kind, fallback: string | undefined): string {
  const key = JSON.stringify(name);
  if (kind === 'flag') return `reader.boolean(${key}) ?? ${fallback}`;
  if (kind === 'usd') return `reader.number(${key}, { min: 0 })`;
  return `reader.${kind}(${key})`;
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export async function generate(): Promise<{ path: string; text: string }[]> {
  const actions = await readActionFiles();
  return actions.map((action) => ({ path: `src/actions/${action.id}/inputs.generated.ts`, text: writeReader(action) }));
}
