import type { HostSeries, Utilisation } from '../records/record.ts';

interface Reading {
  readonly series: HostSeries;
  /** Up to which second of training the CPU of this host is known. */
  readonly knownSeconds: number;
}

const unsettled = (utilisation: Utilisation) => ({ utilisation, settled: false });

/**
 * How far the CPU series of all hosts came. The period that training ended in is not finished, and the service may never publish it: a
 * series that lacks no more than that is complete. `settled` tells whether even that is there.
 */
export function judgeCoverage(
  readings: readonly Reading[],
  endSeconds: number,
  periodSeconds: number,
): { utilisation: Utilisation; settled: boolean } {
  const hosts = readings.map(({ series }) => series);
  const silent = hosts.filter(({ cpu }) => cpu.length === 0).map(({ host }) => host);
  const least = Math.min(...readings.map(({ knownSeconds }) => knownSeconds));
  if (silent.length === hosts.length)
    return unsettled({ coverage: 'none', hosts: [], why: 'CloudWatch had no data of this job' });
  if (silent.length > 0) return unsettled({ coverage: 'partial', hosts, why: `CloudWatch had no data of ${silent.join(', ')}` });
  if (least >= endSeconds - periodSeconds) return { utilisation: { coverage: 'complete', hosts }, settled: least >= endSeconds };
  const why = `CloudWatch had data of the first ${Math.round(least)} of ${Math.round(endSeconds)} s of training`;
  return unsettled({ coverage: 'partial', hosts, why });
}
