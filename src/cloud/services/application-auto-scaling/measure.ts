import type { MetricPoint } from '../../contract.ts';

/** Invocations per minute and instance in each of the last `count` windows that have ended, oldest first; no calls are 0, as SageMaker reports it. */
export function measureWindows(
  points: readonly MetricPoint[],
  { endMs, windowMs, count }: { readonly endMs: number; readonly windowMs: number; readonly count: number },
): number[] {
  const startMs = endMs - count * windowMs;
  const sums = Array.from({ length: count }, () => 0);
  for (const { atMs, sum } of points) {
    const index = Math.floor((atMs - startMs) / windowMs);
    if (atMs >= startMs && index < count) sums[index] = (sums[index] ?? 0) + sum;
  }
  return sums.map((sum) => (sum * 60_000) / windowMs);
}
