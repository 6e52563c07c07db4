import type { Inventory } from './sweep-inventory.ts';
import type { Protection } from './sweep-protect.ts';
import { idOf, keep, type Kept, removal, removedNames, type SweepStep } from './sweep-step.ts';

/** A version bills only what it keeps warm, so it goes with its endpoint, or when nobody has named it for long. */
export function planVersions(
  inventory: Inventory,
  protection: Protection,
  aliases: readonly SweepStep[],
  endpoints: readonly SweepStep[],
  graceSeconds: number,
  kept: Kept[],
): SweepStep[] {
  const removed = removedNames(endpoints, 'endpoint');
  const dropped = new Set(aliases.map(({ name }) => name));
  return inventory.versions.flatMap((one): SweepStep[] => {
    const { version, endpoint } = one;
    const why = protection.versions.get(version);
    if (why !== undefined) return keep(kept, 'version', version, why);
    const names = Object.entries(inventory.aliases)
      .filter(([, alias]) => alias.version === version)
      .map(([name]) => name);
    if (names.some((name) => !dropped.has(name))) return keep(kept, 'version', version, `alias ${names.join(' and ')} names it`);
    if (endpoint === undefined)
      return keep(kept, 'version', version, 'it calls no endpoint of Trainyard: somebody else published it');
    const reason = whyVersionGoes(one, inventory, removed, graceSeconds);
    if (reason === undefined) return keep(kept, 'version', version, `it may be on its way to be a candidate`);
    const needs = names.map((name) => idOf('alias', name));
    const warm = removal('provisioned-concurrency', version, reason, needs);
    return one.provisioned > 0
      ? [warm, removal('version', version, reason, [...needs, warm.id])]
      : [removal('version', version, reason, needs)];
  });
}

function whyVersionGoes(
  { endpoint, modified }: Inventory['versions'][number],
  { endpoints, now }: Inventory,
  removed: ReadonlySet<string>,
  graceSeconds: number,
): string | undefined {
  if (endpoint !== undefined && removed.has(endpoint)) return `its endpoint ${endpoint} goes`;
  if (now.getTime() - modified.getTime() <= graceSeconds * 1000) return undefined;
  return endpoints.some(({ name }) => name === endpoint) ? 'no alias has named it for long' : `its endpoint ${endpoint} is gone`;
}
