import { isFinal, type Price, type RunRecord } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';

/** After a stop or at the time limit SageMaker sends SIGTERM and gives the script this long; it is billed (developer guide, 2026). */
export const stopGraceSeconds = 120;

/**
 * Training volumes, USD per GB-month. us-east-1: the pricing page's example, read 2026-09-28; eu-west-1: a bill of 2023-12.
 * Other regions take the dearer of the two: it enters only ceilings, where it is cents.
 */
const volumeUsdPerGbMonth: Readonly<Record<string, number>> = { 'us-east-1': 0.14, 'eu-west-1': 0.154 };
const dearestVolumeUsdPerGbMonth = 0.154;
const hoursPerMonth = 730;

export interface CeilingInput {
  /** Prices of all fallback types. */
  readonly prices: readonly Price[];
  readonly instanceCount: number;
  readonly maxRuntimeSeconds: number;
  readonly keepAliveSeconds: number;
  readonly volumeGb: number;
  readonly region: string;
}

/** The most one run can cost, in USD: its dearest type for all the time it may be billed. Undefined when any price is unknown. */
export function findCeilingUsd(run: CeilingInput): number | undefined {
  let dearest = 0;
  for (const price of run.prices) {
    if (price.kind === 'unknown') return undefined;
    dearest = Math.max(dearest, price.usdPerHour);
  }
  const hours = (run.maxRuntimeSeconds + stopGraceSeconds + run.keepAliveSeconds) / 3600;
  const volumeUsdPerHour = (run.volumeGb * (volumeUsdPerGbMonth[run.region] ?? dearestVolumeUsdPerGbMonth)) / hoursPerMonth;
  return run.instanceCount * hours * (dearest + volumeUsdPerHour);
}

/** What so many seconds of each instance cost, in USD; undefined when the price or the time is unknown. */
export function findCostUsd(seconds: number | undefined, instanceCount: number, price: Price): number | undefined {
  if (seconds === undefined) return undefined;
  if (seconds === 0) return 0;
  return price.kind === 'known' ? (seconds / 3600) * instanceCount * price.usdPerHour : undefined;
}

export interface Spending {
  /** Cost of everything that has ended. */
  readonly spentUsd: number;
  /** Ceilings of everything that has not. */
  readonly committedUsd: number;
  /** Names of the runs whose cost or ceiling nobody knows. */
  readonly unknown: readonly string[];
}

/** What the runs and searches of a pull request have cost and may still cost. Rehearsals and real runs are never added up. */
export function getSpending(records: readonly (RunRecord | TuningRecord)[], rehearsal: boolean): Spending {
  let spentUsd = 0;
  let committedUsd = 0;
  const unknown: string[] = [];
  for (const record of records) {
    if (record.rehearsal !== rehearsal) continue;
    const usd = isFinal(record.state) ? record.costUsd : findCommitted(record);
    if (usd === undefined) unknown.push(record.name);
    else if (isFinal(record.state)) spentUsd += usd;
    else committedUsd += usd;
  }
  return { spentUsd, committedUsd, unknown };
}

/** A search is stopped at its budget, however much all its trials could cost. */
function findCommitted({ asked }: RunRecord | TuningRecord): number | undefined {
  if (asked.ceilingUsd === undefined || !('stopAtUsd' in asked) || asked.stopAtUsd === undefined) return asked.ceilingUsd;
  return Math.min(asked.ceilingUsd, asked.stopAtUsd);
}
