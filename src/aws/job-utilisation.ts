import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Utilisation } from '../records/record.ts';
import type { Clock } from '../time/clock.ts';
import type { JobUtilisation } from '../training/ports.ts';
import type { Clients } from './clients.ts';
import { toActionError } from './errors.ts';
import { type Job, type Sample, toHostSeries } from './host-series.ts';
import { judgeCoverage } from './judge-coverage.ts';

const namespace = '/aws/sagemaker/TrainingJobs';
/** GetMetricData takes 500 queries a call, and each host has two. */
const hostsPerCall = 250;
const metrics = { cpu: 'CPUUtilization', memory: 'MemoryUtilization' } as const;

interface Options {
  readonly clock: Clock;
  /** How often the service publishes: 60 on AWS. */
  readonly periodSeconds: number;
}

/** CPU and memory of the hosts of a training job, from CloudWatch. */
export function createJobUtilisation(clients: Clients, { clock, periodSeconds }: Options): JobUtilisation {
  const cloudwatch = clients.of(CloudWatchClient);

  async function readHosts(job: Job, first: number, count: number): Promise<Map<string, Sample[]>> {
    const found = new Map<string, Sample[]>();
    let NextToken: string | undefined;
    do {
      const page = await cloudwatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(Math.floor(job.from.getTime() / 60_000) * 60_000),
          EndTime: new Date(job.until.getTime() + periodSeconds * 1_000),
          ScanBy: 'TimestampAscending',
          MetricDataQueries: Array.from({ length: count }, (_, index) =>
            toQueries(job.name, first + index, periodSeconds),
          ).flat(),
          NextToken,
        }),
      );
      for (const { Id = '', Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
        const samples = Timestamps.flatMap((at, index) => (Values[index] === undefined ? [] : [{ at, value: Values[index] }]));
        found.set(Id, [...(found.get(Id) ?? []), ...samples]);
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  }

  async function readOnce(job: Job) {
    const hosts: ReturnType<typeof toHostSeries>[] = [];
    for (let first = 1; first <= job.hosts; first += hostsPerCall) {
      const count = Math.min(hostsPerCall, job.hosts - first + 1);
      const samples = await readHosts(job, first, count);
      for (let host = first; host < first + count; host += 1) {
        const series = { cpu: samples.get(`cpu${host}`) ?? [], memory: samples.get(`memory${host}`) ?? [] };
        hosts.push(toHostSeries(`algo-${host}`, series, job, periodSeconds));
      }
    }
    return hosts;
  }

  async function read(job: Job, patienceSeconds: number): Promise<Utilisation> {
    const deadline = clock.now().getTime() + patienceSeconds * 1_000;
    const pauseMs = Math.min(15_000, Math.max(250, periodSeconds * 500));
    const endSeconds = (job.until.getTime() - job.from.getTime()) / 1_000;
    let best: Utilisation = { coverage: 'none', hosts: [] };
    let completeAt: number | undefined;
    for (;;) {
      try {
        const { utilisation, settled } = judgeCoverage(await readOnce(job), endSeconds, periodSeconds);
        if (settled) return utilisation;
        best = utilisation;
      } catch (error) {
        const told = toActionError(error, { action: 'cloudwatch:GetMetricData', resource: `the metrics of ${job.name}` });
        // What has been read stays read; no waiting cures a lack of permission.
        if (best.coverage === 'none') best = { ...best, why: told.message };
        if (told.kind === 'permission' || told.kind === 'configuration') return best;
      }
      const now = clock.now().getTime();
      // The unfinished last period may still come, or never: it is given one period more.
      if (best.coverage === 'complete') completeAt ??= now;
      const leftMs = Math.min(deadline, (completeAt ?? Number.POSITIVE_INFINITY) + periodSeconds * 1_000) - now;
      if (leftMs <= 0) return best;
      await clock.sleep(Math.min(pauseMs, leftMs));
    }
  }

  return {
    async read({ vcpus, patienceSeconds, ...job }) {
      if (vcpus !== undefined) return read({ ...job, vcpus }, patienceSeconds);
      return { coverage: 'none', hosts: [], why: 'how many vCPUs this instance type has is not known here' };
    },
  };
}

function toQueries(jobName: string, host: number, periodSeconds: number): MetricDataQuery[] {
  return Object.entries(metrics).map(([short, MetricName]) => ({
    Id: `${short}${host}`,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName, Dimensions: [{ Name: 'Host', Value: `${jobName}/algo-${host}` }] },
      Period: periodSeconds,
      Stat: 'Average',
    },
    ReturnData: true,
  }));
}
