import { z } from 'zod';

export type MatrixLeg = Readonly<Record<string, unknown>>;

const combinations = z.array(z.record(z.string(), z.unknown()));
const matrixSchema = z
  .looseObject({ include: combinations.optional(), exclude: combinations.optional() })
  .transform(({ include, exclude, ...axes }) => ({
    include: include ?? [],
    exclude: exclude ?? [],
    axes: z.record(z.string(), z.array(z.unknown())).parse(axes),
  }));

/**
 * The legs of an evaluated `strategy.matrix`, in GitHub's order: all combinations, less the excluded, and each `include` either
 * added to the legs whose own values it does not contradict or run as a leg of its own.
 */
export function expandMatrix(matrix: unknown): MatrixLeg[] {
  const { axes, include, exclude } = matrixSchema.parse(matrix);
  const names = Object.keys(axes);
  let legs: Record<string, unknown>[] = names.length > 0 ? [{}] : [];
  for (const name of names)
    legs = legs.flatMap((leg) => (axes[name] ?? []).map((value) => Object.assign({}, leg, { [name]: value })));
  legs = legs.filter((leg) => !exclude.some((entry) => matches(leg, entry, Object.keys(entry))));
  const added: Record<string, unknown>[] = [];
  const originals = legs.map((leg) => ({ ...leg }));
  for (const entry of include) {
    const axesOfEntry = Object.keys(entry).filter((name) => name in axes);
    const targets = legs.filter((_, index) => matches(originals[index] ?? {}, entry, axesOfEntry));
    if (targets.length === 0) added.push({ ...entry });
    for (const leg of targets) Object.assign(leg, entry);
  }
  return [...legs, ...added];
}

function matches(leg: Record<string, unknown>, entry: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => JSON.stringify(leg[name]) === JSON.stringify(entry[name]));
}
