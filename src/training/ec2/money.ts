import type { Price } from '../../records/record.ts';
import type { RecordedMachine } from './job-state.ts';
import type { VolumePrice } from './ports.ts';

/** EC2 bills Linux machines by the second, a minute at least; volumes as well (EBS pricing page, read 2026-11-22). */
const leastSeconds = 60;
const hoursPerMonth = 730;
/** For ceilings where the price of a volume is unknown: more than any region is known to ask. It is cents. */
const dearestVolumeUsdPerGbMonth = 0.2;

/** Launch to end, as EC2 bills it; undefined while the end is unknown. */
export function getBilledSeconds(launched: Date, ended: Date | undefined): number | undefined {
  return ended && Math.max(leastSeconds, (ended.getTime() - launched.getTime()) / 1000);
}

function findUsdPerHour(volumeGb: number, price: VolumePrice): number | undefined {
  return price.kind === 'known' ? (volumeGb * price.usdPerGbMonth) / hoursPerMonth : undefined;
}

export interface MachinesCost {
  readonly billedSeconds?: number;
  readonly volumesUsd?: number;
  readonly costUsd?: number;
}

/** What machines have cost together with their volumes, in USD; what is not known of one is not known of all. */
export function sumMachines(machines: readonly RecordedMachine[], volumeGb: number, volume: VolumePrice): MachinesCost {
  let seconds = 0;
  let usd: number | undefined = 0;
  for (const { billedSeconds, price } of machines) {
    if (billedSeconds === undefined) return {};
    seconds += billedSeconds;
    usd = usd === undefined || price.kind === 'unknown' ? undefined : usd + (billedSeconds / 3600) * price.usdPerHour;
  }
  const volumeUsdPerHour = findUsdPerHour(volumeGb, volume);
  const volumesUsd = seconds === 0 ? 0 : volumeUsdPerHour && (seconds / 3600) * volumeUsdPerHour;
  return {
    billedSeconds: seconds,
    ...(volumesUsd === undefined ? {} : { volumesUsd }),
    ...(usd === undefined || volumesUsd === undefined ? {} : { costUsd: usd + volumesUsd }),
  };
}

export interface MachineCeiling {
  /** On-demand prices of all fallback types: spot falls back to them. */
  readonly prices: readonly Price[];
  readonly volumeGb: number;
  readonly volume: VolumePrice;
  /** After which a machine ends itself. */
  readonly deadMansSeconds: number;
  /** Of that, what is not training: every further machine of an interrupted run has it again. */
  readonly spareSeconds: number;
  /** Machines that may come after the first. */
  readonly moreMachines: number;
}

/** The most a run can cost, in USD; undefined when any price is unknown. */
export function findMachineCeilingUsd(run: MachineCeiling): number | undefined {
  let dearest = 0;
  for (const price of run.prices) {
    if (price.kind === 'unknown') return undefined;
    dearest = Math.max(dearest, price.usdPerHour);
  }
  const hours = (run.deadMansSeconds + run.moreMachines * run.spareSeconds) / 3600;
  const volume = findUsdPerHour(run.volumeGb, run.volume) ?? (run.volumeGb * dearestVolumeUsdPerGbMonth) / hoursPerMonth;
  return hours * (dearest + volume);
}
