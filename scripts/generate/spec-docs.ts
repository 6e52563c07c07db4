import type { z } from 'zod';
import { images } from '../../src/spec/image-table.ts';
import { writeSchema } from './schema.ts';

type Json = z.core.JSONSchema.BaseSchema;

interface Row {
  readonly key: string;
  readonly kind: string;
  readonly required: boolean;
  readonly text: string;
}

/** Every key below a schema, in the order of the schema; keys the writer chooses stand as `<name>`. */
function listRows(json: Json, prefix: string): Row[] {
  const required = new Set(json.required);
  const rows: Row[] = [];
  for (const [name, property] of Object.entries(json.properties ?? {})) {
    if (typeof property !== 'object') continue;
    const key = `${prefix}${name}`;
    rows.push(
      { key, kind: kindOf(property), required: required.has(name), text: describe(property) },
      ...listInner(property, key),
    );
  }
  return rows;
}

function listInner(json: Json, key: string): Row[] {
  const members = json.type === 'object' ? json.additionalProperties : json.type === 'array' ? json.items : undefined;
  const inner = listRows(json, `${key}.`);
  if (typeof members !== 'object' || Array.isArray(members)) return inner;
  const place = json.type === 'array' ? `${key}[]` : `${key}.<name>`;
  const options = [members, ...(members.anyOf ?? [])].filter((option) => typeof option === 'object');
  return [...inner, ...options.flatMap((option) => listRows(option, `${place}.`))];
}

function kindOf(json: Json): string {
  if (json.enum) return json.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (json.anyOf)
    return [...new Set(json.anyOf.map((option) => (typeof option === 'object' ? kindOf(option) : '')))].join(' or ');
  if (json.type === 'array') return 'list';
  if (json.type === 'object') return 'map';
  if (json.type === 'integer') return boundsOf('whole number', json);
  if (json.type === 'boolean') return '`true`, `false`';
  if (json.type === undefined) return 'any value';
  return json.type === 'number' ? 'number' : json.pattern?.includes('[smhd]') ? 'duration' : 'text';
}

function boundsOf(what: string, { minimum, maximum }: Json): string {
  return minimum === undefined || maximum === undefined ? what : `${what}, ${minimum}–${maximum}`;
}

function describe({ description, default: fallback, examples }: Json): string {
  const example =
    Array.isArray(examples) && examples.length > 0 ? ` E.g. ${examples.map((value) => `\`${toYaml(value)}\``).join(', ')}.` : '';
  return `${description ?? ''}${fallback === undefined ? '' : ` Default: \`${toYaml(fallback)}\`.`}${example}`;
}

function toYaml(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(toYaml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(
    ([key, inner]) => `${key}: ${typeof inner === 'string' ? `'${inner}'` : toYaml(inner)}`,
  );
  return `{ ${members.join(', ')} }`;
}

function writeSection(name: string, json: Json, required: boolean): string {
  const rows = [...listRows(json, `${name}.`), ...listInner({ ...json, properties: {} }, name)];
  const head = `## \`${name}\`\n\n(${kindOf(json)}${required ? ', required' : ''}) ${describe(json)}`;
  if (rows.length === 0) return head;
  const lines = rows.map((row) => `- \`${row.key}\` (${row.kind}${row.required ? ', required' : ''}): ${row.text}`);
  return `${head}\n\n${lines.join('\n')}`;
}

function writeImages(): string {
  const lines = Object.entries(images).map(([name, { repository, tag, endOfPatch }]) => {
    return `- \`${name}\`: \`${repository}:${tag}\`${endOfPatch ? `, patched until ${endOfPatch}` : ''}`;
  });
  return `## Short names of images\n\nAWS's own images; the account is that of your region. Past its last day of patches an image still runs, with a warning.\n\n${lines.join('\n')}`;
}

const intro = `<!-- Generated from src/spec/schema.ts by scripts/generate/spec-docs.ts. Change it there and run \`npm run generate\`. -->
# trainyard.yml

What a model is, once, for every workflow and for the rehearsal. For completion in an editor, write as its first line:

\`\`\`yaml
# yaml-language-server: $schema=./trainyard.schema.json
\`\`\`

The file is YAML 1.2 of at most 256 kB. Everything that is wrong with it is reported at once, with line and key, before anything
is sent to AWS. Durations are a whole number and one unit: \`90s\`, \`30m\`, \`2h\`, \`1d\`. Paths are relative to the repository and
stay inside it. Hyperparameters, tags and environment variables reach their reader as they are written: \`0.10\` stays \`0.10\`.`;

export async function generate(): Promise<{ path: string; text: string }[]> {
  const whole = writeSchema();
  const required = new Set(whole.required);
  const sections = Object.entries(whole.properties ?? {}).map(([name, json]) =>
    writeSection(name, typeof json === 'object' ? json : {}, required.has(name)),
  );
  return [{ path: 'docs/trainyard-yml.md', text: `${[intro, ...sections, writeImages()].join('\n\n')}\n` }];
}
