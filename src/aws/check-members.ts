import { NormalizedSchema } from '@smithy/core/schema';
import type { Problem } from '../action-error.ts';
import { isMembers } from './merge-members.ts';
import { findNearest } from './nearest.ts';

/** A schema of the SDK, e.g. `CreateTrainingJobRequest$`. */
export type SdkSchema = Parameters<typeof NormalizedSchema.of>[0];

/**
 * What in `value` the service's model does not have: unknown members and values of another type, each by its path. The SDK would drop the
 * first without a word and the service would refuse the second.
 */
export function checkMembers(schema: SdkSchema, value: unknown, path: string): Problem[] {
  return check(NormalizedSchema.of(schema), value, path);
}

function check(schema: NormalizedSchema, value: unknown, path: string): Problem[] {
  if (schema.isStructSchema()) return checkStructure(schema, value, path);
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return [wrongType(path, value, 'a list')];
    return value.flatMap((item, index) => check(schema.getValueSchema(), item, `${path}[${index}]`));
  }
  if (schema.isMapSchema()) {
    if (!isMembers(value)) return [wrongType(path, value, 'a map of names to values')];
    return Object.entries(value).flatMap(([key, item]) => check(schema.getValueSchema(), item, `${path}.${key}`));
  }
  const wanted = findWanted(schema, value);
  return wanted === undefined ? [] : [wrongType(path, value, wanted)];
}

function checkStructure(schema: NormalizedSchema, value: unknown, path: string): Problem[] {
  if (!isMembers(value)) return [wrongType(path, value, 'a structure with members')];
  const members = new Map(schema.structIterator());
  return Object.entries(value).flatMap(([name, item]) => {
    const member = members.get(name);
    return member ? check(member, item, `${path}.${name}`) : [unknownMember(`${path}.${name}`, name, [...members.keys()])];
  });
}

/** What the schema wants instead of this plain value; undefined when it fits. */
function findWanted(schema: NormalizedSchema, value: unknown): string | undefined {
  if (schema.isStringSchema()) return typeof value === 'string' ? undefined : 'a text (put it in quotes)';
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? undefined : 'true or false';
  if (schema.isNumericSchema()) return typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number';
  return isMembers(value) || Array.isArray(value) ? 'a plain value' : undefined;
}

function unknownMember(path: string, name: string, known: readonly string[]): Problem {
  const nearest = findNearest(name, known);
  return {
    name: path,
    message: `AWS has no member ${name} there; it has ${known.join(', ')}`,
    fix: nearest === undefined ? `Remove ${name}.` : `Write ${nearest}, or remove it.`,
  };
}

function wrongType(path: string, value: unknown, wanted: string): Problem {
  const shown = JSON.stringify(value) ?? String(value);
  return {
    name: path,
    message: `is ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}; AWS wants ${wanted}`,
    fix: `Give ${wanted}.`,
  };
}
