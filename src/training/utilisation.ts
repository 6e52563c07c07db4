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
 * How many seconds each sample stands for: until the next one, but no longer than twice the usual distance. What lies in a hole
 * was not measured and must not count as if it was.
 */
function hold(points: readonly Point[]): (Point & { seconds: number })[] {
  const sorted = [...points].sort((a, b) => a.at - b.at);
  const gaps = sorted.slice(1).map((point, index) => point.at - (sorted[index]?.at ?? point.at));
  const usual = median(gaps.filter((gap) => gap > 0));
  return sorted.map((point, index) => ({
    at: point.at,
    percent: point.percent,
    seconds: Math.min(gaps[index] ?? usual, 2 * usual),
  }));
}

/** Time-weighted mean of a series. */
export function averageOf(points: readonly Point[]): number | undefined {
  let sum = 0;
  let weights = 0;
  for (const { percent, seconds } of hold(points)) {
    sum += percent * seconds;
    weights += seconds;
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

/**
 * The series in `bins` equal parts of [0, endSeconds]: the mean of each part, undefined where nothing was measured. A sample stands
 * for the time until the next one, as in `averageOf`.
 */
export function resample(points: readonly Point[], bins: number, endSeconds: number): (number | undefined)[] {
  const width = endSeconds / bins;
  const sums = Array.from({ length: bins }, () => ({ sum: 0, weight: 0 }));
  for (const { at, percent, seconds } of hold(points)) {
    for (let bin = Math.max(0, Math.floor(at / width)); bin < bins && bin * width < at + seconds; bin += 1) {
      const weight = Math.min(at + seconds, (bin + 1) * width) - Math.max(at, bin * width);
      const cell = sums[bin];
      if (!cell || weight <= 0) continue;
      cell.sum += percent * weight;
      cell.weight += weight;
    }
  }
  return sums.map(({ sum, weight }) => (weight > 0 ? sum / weight : undefined));
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

/** Samples of the host that has the most: the finest a curve of this run can be. */
export function countSamples(record: RunRecord): number {
  return Math.max(0, ...record.utilisation.hosts.map((host) => host.cpu.length));
}

/** Hosts that did next to nothing while another one of the same run worked: below 10 % and below a quarter of the busiest. */
export function findIdleHosts(use: Use): HostUse[] {
  const busiest = Math.max(...use.hosts.map((host) => host.average));
  return use.hosts.filter((host) => host.average < 10 && host.average < busiest / 4);
}
