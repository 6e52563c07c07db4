/**
 * Milliseconds until the next look at something that has been going on for `elapsedMs`: 2 % of that, between 1 s and 30 s.
 * Short jobs are seen to end within a second, long ones cost few calls.
 */
export function getNextDelayMs(elapsedMs: number): number {
  return Math.min(30_000, Math.max(1_000, elapsedMs * 0.02));
}
