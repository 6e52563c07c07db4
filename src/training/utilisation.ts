import type { RunRecord, Utilisation } from '../records/record.ts';

type Point = { readonly at: number; readonly percent: number };

export interface HostUse {
  readonly host: string;
  /** Time-weighted, in per cent. */
  readonly average: number;
  readonly peak: number;
}

/** How busy the hosts of one run were. `average` is the mean of the hosts that have data, `peak` the highest sample of any. */
export interface Use {
  readonly average: number;
  readonly peak: number;
  readonly hosts: readonly HostUse[];
  /** Hosts of the run that no sample came from. */
  readonly silentHosts: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}

/**
 * Mean of a series in which each sample stands for the time until the next one. No sample stands for more than twice the
 * usual distance: what lies in a hole was not measured and must not count as if it was.
 */
export function averageOf(points: readonly Point[]): number | undefined {
  const sorted = [...points].sort((a, b) => a.at - b.at);
  const gaps = sorted.slice(1).map((point, index) => point.at - (sorted[index]?.at ?? point.at));
  const usual = median(gaps.filter((gap) => gap > 0)) || 1;
  let sum = 0;
  let weights = 0;
  for (const [index, point] of sorted.entries()) {
    const weight = Math.min(gaps[index] ?? usual, 2 * usual);
    sum += point.percent * weight;
    weights += weight;
  }
  return weights > 0 ? sum / weights : undefined;
}

/** Undefined when no host has a sample: no data is no data, not zero. */
export function summariseUse(utilisation: Utilisation, kind: 'cpu' | 'memory', hostCount: number): Use | undefined {
  const hosts = utilisation.hosts.flatMap(({ host, [kind]: points }): HostUse[] => {
    const average = averageOf(points);
    return average === undefined ? [] : [{ host, average, peak: highest(points) }];
  });
  if (hosts.length === 0) return undefined;
  return {
    average: hosts.reduce((sum, host) => sum + host.average, 0) / hosts.length,
    peak: Math.max(...hosts.map((host) => host.peak)),
    hosts,
    silentHosts: Math.max(0, hostCount - hosts.length),
  };
}

// Not Math.max(...points): a long run has more samples than a call takes arguments.
function highest(points: readonly Point[]): number {
  return points.reduce((peak, point) => Math.max(peak, point.percent), 0);
}

/** The series in `bins` equal parts of [0, endSeconds]: the mean of each part, undefined where nothing was measured. */
export function resample(points: readonly Point[], bins: number, endSeconds: number): (number | undefined)[] {
  const sums = Array.from({ length: bins }, () => ({ sum: 0, count: 0 }));
  for (const { at, percent } of points) {
    const bin = sums[Math.min(bins - 1, Math.floor((at / endSeconds) * bins))];
    if (!bin || at < 0 || at > endSeconds) continue;
    bin.sum += percent;
    bin.count += 1;
  }
  return sums.map(({ sum, count }) => (count > 0 ? sum / count : undefined));
}

/** CPU of a run over time: at each instant the mean of the hosts that were measured then. */
export function meanCpuOverTime(record: RunRecord, bins: number, endSeconds: number): (number | undefined)[] {
  const hosts = record.utilisation.hosts.map((host) => resample(host.cpu, bins, endSeconds));
  return Array.from({ length: bins }, (_, bin) => {
    const values = hosts.flatMap((host) => host[bin] ?? []);
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
  });
}

/** Seconds from the start of training to the last sample, or to the end of training when that is later. */
export function lastSampleSeconds(record: RunRecord): number {
  const samples = record.utilisation.hosts.flatMap((host) => host.cpu.at(-1)?.at ?? []);
  return Math.max(record.trainingSeconds ?? 0, ...samples);
}

/** Hosts that did next to nothing while another one of the same run worked: below 10 % and below a quarter of the busiest. */
export function findIdleHosts(use: Use): HostUse[] {
  const busiest = Math.max(...use.hosts.map((host) => host.average));
  return use.hosts.filter((host) => host.average < 10 && host.average < busiest / 4);
}
