import { expiresTag, findExpiry } from './ownership.ts';
import type { Inventory, SweptEndpoint } from './sweep-inventory.ts';
import { hasExpired } from './sweep-protect.ts';

export type Verdict = { readonly kind: 'keep' | 'remove' | 'mark'; readonly why: string };

/** Whether a resource goes, by its tags. What is in use stays, whatever they say. */
export function judge({ tags }: Pick<SweptEndpoint, 'tags'>, inUse: string | undefined, { now }: Inventory): Verdict {
  if (inUse !== undefined) return { kind: 'keep', why: inUse };
  const expiry = tags[expiresTag] ?? '';
  if (findExpiry(tags) === undefined) return { kind: 'mark', why: 'it was superseded, and nothing says until when it is kept' };
  return hasExpired({ tags }, now)
    ? { kind: 'remove', why: `it expired at ${expiry}` }
    : { kind: 'keep', why: `it expires at ${expiry}` };
}

/** An endpoint bills, so it goes before its time when the run that made it is over and has handed it to no alias. */
export function judgeEndpoint(endpoint: SweptEndpoint, inUse: string | undefined, inventory: Inventory): Verdict {
  const verdict = judge(endpoint, inUse, inventory);
  const run = endpoint.tags['trainyard:run'];
  if (verdict.kind !== 'keep' || inUse !== undefined || run === undefined || !inventory.endedRuns.has(run)) return verdict;
  return { kind: 'remove', why: `the run ${run} that made it is over, and no alias names it` };
}

/** What was live before, when the promotion that replaced it died before it said until when that is kept: it would bill for ever. */
export function isForgotten({ name, tags }: SweptEndpoint, { aliases, versions, promoting }: Inventory): boolean {
  const callers = new Set(versions.flatMap(({ endpoint, version }) => (endpoint === name ? [version] : [])));
  const names = (alias: keyof Inventory['aliases']) => callers.has(aliases[alias]?.version ?? '');
  return !promoting && findExpiry(tags) === undefined && names('previous') && !names('live') && !names('candidate');
}
