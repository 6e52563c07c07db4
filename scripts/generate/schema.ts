import { z } from 'zod';
import { schema } from '../../src/spec/schema.ts';

type Json = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of trainyard.yml, for editors. What keys say about each other only the actions check. */
export function writeSchema(): Json {
  const whole = z.toJSONSchema(schema, { io: 'input' });
  const { environments, ...overlaid } = whole.properties ?? {};
  return {
    title: 'trainyard.yml',
    description: 'What a model is: its code, data, runs, budget and endpoint.',
    ...whole,
    properties: {
      ...whole.properties,
      environments: { ...asObject(environments), additionalProperties: { $ref: '#/$defs/overlay' } },
    },
    $defs: { ...whole.$defs, overlay: toPartial({ type: 'object', properties: overlaid, additionalProperties: false }) },
  };
}

/** The same keys, none of them needed and none with a default: an overlay says only what differs. */
function toPartial(json: Json): Json {
  const rest: Json = Object.fromEntries(Object.entries(json).filter(([key]) => key !== 'required' && key !== 'default'));
  const properties = Object.entries(rest.properties ?? {}).map(([name, property]) => [name, toPartial(asObject(property))]);
  return {
    ...rest,
    ...(rest.properties ? { properties: Object.fromEntries(properties) } : {}),
    ...(typeof rest.additionalProperties === 'object' ? { additionalProperties: toPartial(rest.additionalProperties) } : {}),
    ...(rest.anyOf ? { anyOf: rest.anyOf.map((option) => toPartial(asObject(option))) } : {}),
  };
}

function asObject(json: Json | boolean | undefined): Json {
  return typeof json === 'object' ? json : {};
}

export async function generate(): Promise<{ path: string; text: string }[]> {
  return [{ path: 'trainyard.schema.json', text: `${JSON.stringify(writeSchema(), undefined, 2)}\n` }];
}
