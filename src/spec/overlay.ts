import type { Mapping, Tree } from './tree.ts';

/** The file with one environment's values laid over it: maps are merged key by key, lists and values replaced. */
export function layOver(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below ? layOver(below, value) : value);
  }
  return { ...base, entries };
}

/** The overlays under `environments`, by name. */
export function listEnvironments(root: Mapping): ReadonlyMap<string, Tree> {
  const environments = root.entries.get('environments');
  return environments?.kind === 'map' ? environments.entries : new Map();
}
