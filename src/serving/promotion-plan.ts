import type { Endpoint } from './ports.ts';
import { isPromoting, readMark } from './promotion-mark.ts';

/** A version that an alias names, and the endpoint it calls. */
export interface Target {
  readonly version: string;
  /** Of the alias, when it was read. */
  readonly revision: string;
  readonly weighted: boolean;
  /** Of the alias. */
  readonly description: string;
  readonly endpointName: string;
  readonly endpoint: Endpoint | undefined;
  /** When the endpoint expires; undefined: never, or nobody has said. */
  readonly expiresAt: Date | undefined;
}

export interface PromotionSituation {
  readonly now: Date;
  readonly runId: string;
  readonly candidate: Target | undefined;
  readonly live: Target | undefined;
  readonly previous: Target | undefined;
}

export type PromotionDecision =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unchanged'; readonly live: Target }
  /** `resume`: live was moved by an attempt that never verified it. `from`: what was live before; none for a first release. */
  | { readonly kind: 'go'; readonly to: Target; readonly from: Target | undefined; readonly resume: boolean };

const again = 'Run deploy-endpoint again.';

/** Whether the candidate may become live. Pure. */
export function decidePromotion(seen: PromotionSituation): PromotionDecision {
  const { candidate, live, previous } = seen;
  const going = findOther(seen);
  if (going) return refused(going);
  if (!candidate) return refused(`there is no candidate: none was deployed, or it expired and was removed. ${again}`);
  if (live && live.version === candidate.version) {
    const unverified = readMark(live.description)?.state === 'promoting';
    return unverified ? { kind: 'go', to: candidate, from: previous, resume: true } : { kind: 'unchanged', live };
  }
  const unfit = findUnfit('the candidate', candidate, seen.now);
  if (unfit) return refused(`${unfit} ${again}`);
  return { kind: 'go', to: candidate, from: live, resume: false };
}

/** Whether what was live before may become live again. Pure. */
export function decideReturn(seen: PromotionSituation): PromotionDecision {
  const { live, previous } = seen;
  const going = findOther(seen);
  if (going) return refused(going);
  const deploy = 'Deploy the version you want: push its tag again, or run the release workflow on it.';
  if (!live) return refused('nothing is live, so there is nothing to go back from.');
  if (!previous || previous.version === live.version)
    return refused(`there is no version to go back to: this is the first release, or its time was over. ${deploy}`);
  const unfit = findUnfit('the version before', previous, seen.now);
  if (unfit) return refused(`${unfit} ${deploy}`);
  return { kind: 'go', to: previous, from: live, resume: false };
}

/** Somebody else who is at it, or who shares live's traffic out. */
function findOther({ live, now, runId }: PromotionSituation): string | undefined {
  if (live?.weighted) {
    return 'alias live shares its traffic with a second version, which Trainyard does not do: somebody else is shifting it. Remove its weights first.';
  }
  const mark = live && readMark(live.description);
  if (!mark || mark.runId === runId || !isPromoting(live.description, now)) return undefined;
  return `run ${mark.runId} is promoting since ${mark.at.toISOString()} and has not verified live yet. Re-run this job when that run has ended.`;
}

function findUnfit(what: string, { endpointName, endpoint, expiresAt }: Target, now: Date): string | undefined {
  const name = `${what} (${endpointName || 'no endpoint'})`;
  if (expiresAt && expiresAt.getTime() <= now.getTime()) return `${name} expired at ${expiresAt.toISOString()}.`;
  if (!endpoint) return `the endpoint of ${name} is gone.`;
  if (['InService', 'Updating', 'SystemUpdating'].includes(endpoint.status)) return undefined;
  return `the endpoint of ${name} is ${endpoint.status}${endpoint.failureReason === undefined ? '' : `: ${endpoint.failureReason}`}.`;
}

const refused = (reason: string): PromotionDecision => ({ kind: 'refused', reason });
