import type { SmokeRecord } from './record.ts';

type Case = SmokeRecord['cases'][number];

/** One call that the function answered. */
export interface TimedCall {
  readonly milliseconds: number;
  /** Undefined when the log tail did not say. */
  readonly cold: boolean | undefined;
}

/** The smallest of the values that at least `percent` of them do not exceed (nearest rank): always a value that was measured. */
export function getPercentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Milliseconds of cold and of warm calls apart: a mean of both says nothing about either. Calls of unknown kind are in neither. */
export function summarizeCalls(calls: readonly TimedCall[]): Pick<Case, 'warm' | 'cold'> {
  const warm = calls.filter(({ cold }) => cold === false).map(({ milliseconds }) => milliseconds);
  const cold = calls.filter((call) => call.cold === true).map(({ milliseconds }) => milliseconds);
  return {
    ...(warm.length > 0 && { warm: { p50: at(warm, 50), p95: at(warm, 95), p99: at(warm, 99), max: at(warm, 100) } }),
    ...(cold.length > 0 && { cold: { p50: at(cold, 50), max: at(cold, 100), count: cold.length } }),
  };
}

/** To a tenth of a millisecond; no network is steadier. */
const at = (values: readonly number[], percent: number) => Math.round((getPercentile(values, percent) ?? 0) * 10) / 10;
