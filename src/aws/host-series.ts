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
 * One host's samples during training, in our units. SageMaker reports CPU as the sum over the vCPUs, 0 to 100 × vCPUs, and memory as 0 to 100.
 * A period that had begun before training counts from its start.
 */
export function toHostSeries(
  host: string,
  samples: { cpu: readonly Sample[]; memory: readonly Sample[] },
  { from, until, vcpus }: Job,
  periodSeconds: number,
): HostSeries {
  const during = (series: readonly Sample[], scale: number) =>
    series
      .filter(({ at }) => at.getTime() + periodSeconds * 1_000 > from.getTime() && at.getTime() < until.getTime())
      .map(({ at, value }) => ({
        at: Math.max(0, (at.getTime() - from.getTime()) / 1_000),
        percent: Math.round((value / scale) * 100) / 100,
      }))
      .toSorted((a, b) => a.at - b.at);
  return { host, cpu: during(samples.cpu, vcpus), memory: during(samples.memory, 1) };
}
