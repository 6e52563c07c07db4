import { expiresTag, formatExpiry } from '../../serving/ownership.ts';
import { getTags } from '../../training/identity.ts';
import { tagRelease } from '../tag-release.ts';
import type { PromoteDeps } from './deps.ts';

/** Tags of what is live: it never expires. */
export function getLiveTags({ context, spec, clock }: PromoteDeps): Record<string, string> {
  return { ...getTags(context, spec.name, clock.now(), spec.tags), [expiresTag]: 'never' };
}

/** Tags of what was live: it is kept for a way back, and then goes. */
export function getKeptTags(deps: PromoteDeps): Record<string, string> {
  return { ...getLiveTags(deps), [expiresTag]: formatExpiry(getKeepUntil(deps)) };
}

export function getKeepUntil({ spec, clock }: PromoteDeps): Date {
  return new Date(clock.now().getTime() + (spec.serve?.keepPreviousSeconds ?? 0) * 1000);
}

/** An endpoint that is live: it has no end. */
export async function keepAlive(endpointName: string, deps: PromoteDeps): Promise<void> {
  await tagRelease(endpointName, getLiveTags(deps), deps);
}

/** An endpoint that was live. */
export async function keepUntil(endpointName: string, deps: PromoteDeps): Promise<void> {
  await tagRelease(endpointName, getKeptTags(deps), deps);
  deps.log.info(`${endpointName} is kept for a way back until ${formatExpiry(getKeepUntil(deps))}.`);
}
