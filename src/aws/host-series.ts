import type { HostSeries } from '../records/record.ts';

export interface Job {
  readonly name: string;
  readonly hosts: number;
  readonly vcpus: number;
  readonly from: Date;
  readonly until: Date;
}

/** A point of CloudWatch: the average over the period that begins at `at`. */
export interface Sample {
  readonly at: Date;
  readonly value: number;
}

/**
 * One host's samples during training, in our units, and up to which second of training its CPU is known. SageMaker reports CPU as the sum over
 * the vCPUs, 0 to 100 × vCPUs, and memory as 0 to 100. A period that had begun before training counts from its start.
 */
export function toHostSeries(
  host: string,
  samples: { cpu: readonly Sample[]; memory: readonly Sample[] },
  { from, until, vcpus }: Job,
  periodSeconds: number,
): { series: HostSeries; knownSeconds: number } {
  const secondsIn = (at: Date) => (at.getTime() - from.getTime()) / 1_000;
  const inTime = (series: readonly Sample[]) =>
    series
      .filter(({ at }) => secondsIn(at) + periodSeconds > 0 && at < until)
      .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const toPoints = (series: readonly Sample[], scale: number) =>
    series.map(({ at, value }) => ({ at: Math.max(0, secondsIn(at)), percent: Math.round((value / scale) * 100) / 100 }));

  const cpu = inTime(samples.cpu);
  const last = cpu.at(-1);
  return {
    series: { host, cpu: toPoints(cpu, vcpus), memory: toPoints(inTime(samples.memory), 1) },
    knownSeconds: last ? secondsIn(last.at) + periodSeconds : 0,
  };
}
