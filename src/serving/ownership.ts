import type { RunContext } from '../records/context.ts';
import type { Tags } from './ports.ts';

/** Tag that says from when on nobody needs a resource: a time, or `never` for what is live. */
export const expiresTag = 'trainyard:expires-at';

/** Tag of the endpoint of the stable name: the configuration a return goes to. */
export const previousConfigTag = 'trainyard:previous-config';

/** Whether a resource with these tags serves this model of this repository, whichever run made it. */
export function servesThisModel(tags: Tags, context: RunContext, specName: string): boolean {
  const { owner, name } = context.repository;
  return tags['trainyard:repo'] === `${owner}/${name}` && tags['trainyard:name'] === specName;
}

/** ISO 8601 in UTC to the second, as tags have it. */
export function formatExpiry(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** When the resource expires; undefined for what never does or says nothing. */
export function findExpiry(tags: Tags): Date | undefined {
  const at = new Date(tags[expiresTag] ?? '');
  return Number.isNaN(at.getTime()) ? undefined : at;
}
