import type { z } from 'zod';
import type { Scalar } from './tree.ts';

/** A spelling of a refused value that would be allowed: `Dog` → dog, `2 hours` → 2h, `yes` → true, `"5"` → 5. */
export function findSuggestion(
  node: Scalar,
  types: readonly z.core.$ZodType[],
  accepts: (type: z.core.$ZodType, value: unknown) => boolean,
): string | undefined {
  const found = listCandidates(node).find((candidate) => types.some((type) => accepts(type, candidate)));
  return found === undefined || found === node.value ? undefined : String(found);
}

const flags = new Map([
  ['yes', true],
  ['on', true],
  ['true', true],
  ['no', false],
  ['off', false],
  ['false', false],
]);

function listCandidates({ value, source }: Scalar): (string | number | boolean)[] {
  if (value === null) return [];
  if (typeof value !== 'string') return [source];
  const lower = value.trim().toLowerCase();
  const [, count, unit] = /^(\d+)\s*([smhd])[a-z]*$/.exec(lower) ?? [];
  return [
    flags.get(lower),
    lower === '' || value.length > 20 ? undefined : Number(value),
    count === undefined ? undefined : `${count}${unit}`,
    lower,
    lower.replaceAll(/[^a-z0-9.]+/g, '-').replaceAll(/^-+|-+$/g, ''),
    value.replace(/^http:/, 'https:'),
  ]
    .filter((candidate) => candidate !== undefined)
    .filter((candidate) => !Number.isNaN(candidate));
}
