import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { HostSeries, Utilisation } from '../records/record.ts';
import type { Clock } from '../time/clock.ts';
import type { JobUtilisation } from '../training/ports.ts';
import type { Clients } from './clients.ts';
import { toActionError } from './errors.ts';
import { type Job, type Sample, toHostSeries } from './host-series.ts';

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

  async function readOnce(job: Job): Promise<HostSeries[]> {
    const hosts: HostSeries[] = [];
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

  return {
    async read({ vcpus, patienceSeconds, ...rest }) {
      if (vcpus === undefined)
        return { coverage: 'none', hosts: [], why: 'how many vCPUs this instance type has is not known here' };
      const job: Job = { ...rest, vcpus };
      const deadline = clock.now().getTime() + patienceSeconds * 1_000;
      const pauseMs = Math.min(15_000, Math.max(250, periodSeconds * 500));
      let best: Utilisation = { coverage: 'none', hosts: [], why: 'CloudWatch had no data of this job' };
      for (;;) {
        try {
          best = judge(await readOnce(job), job, periodSeconds);
        } catch (error) {
          const told = toActionError(error, { action: 'cloudwatch:GetMetricData', resource: `the metrics of ${job.name}` });
          // What has been read stays read; no waiting cures a lack of permission.
          if (best.coverage === 'none') best = { ...best, why: told.message };
          if (told.kind === 'permission' || told.kind === 'configuration') return best;
        }
        const leftMs = deadline - clock.now().getTime();
        if (best.coverage === 'complete' || leftMs <= 0) return best;
        await clock.sleep(Math.min(pauseMs, leftMs));
      }
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

/** How far the CPU series of all hosts came. A sample stands for the period that begins at its time. */
function judge(hosts: HostSeries[], job: Job, periodSeconds: number): Utilisation {
  const endSeconds = (job.until.getTime() - job.from.getTime()) / 1_000;
  const reached = hosts.map(({ cpu }) => (cpu.at(-1)?.at ?? Number.NEGATIVE_INFINITY) + periodSeconds);
  const silent = hosts.filter(({ cpu }) => cpu.length === 0).map(({ host }) => host);
  if (silent.length === hosts.length) return { coverage: 'none', hosts: [], why: 'CloudWatch had no data of this job' };
  if (silent.length > 0) return { coverage: 'partial', hosts, why: `CloudWatch had no data of ${silent.join(', ')}` };
  const least = Math.min(...reached);
  if (least >= endSeconds) return { coverage: 'complete', hosts };
  return {
    coverage: 'partial',
    hosts,
    why: `CloudWatch had data of ${Math.max(0, Math.round(least))} of ${Math.round(endSeconds)} s of training`,
  };
}
