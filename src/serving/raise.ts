import type { Endpoint, ScalingState } from './ports.ts';

/** How a candidate comes to as many machines as live has, before it gets live's traffic. */
export type Raise =
  | { readonly kind: 'enough' }
  /** Scaling keeps at least so many from now on; the range it had is put back after the promotion. */
  | { readonly kind: 'range'; readonly min: number; readonly max: number; readonly wanted: number }
  | { readonly kind: 'count'; readonly wanted: number };

/** Pure. */
export function decideRaise(live: Endpoint | undefined, candidate: Endpoint, range: ScalingState | undefined): Raise {
  // What live wants counts, not only what has started: it may be scaling out at this moment.
  const wanted = live ? Math.max(live.variant.instances, live.variant.desiredInstances) : 0;
  const has = candidate.variant.instances;
  if (has >= wanted && (!range || range.min >= wanted)) return { kind: 'enough' };
  return range ? { kind: 'range', min: wanted, max: Math.max(range.max, wanted), wanted } : { kind: 'count', wanted };
}

/** Whether it has them and takes traffic. */
export function hasMachines(endpoint: Endpoint | undefined, wanted: number): boolean {
  return endpoint?.status === 'InService' && !endpoint.pending && endpoint.variant.instances >= wanted;
}
