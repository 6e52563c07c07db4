import type { MetricStore } from '../../contract.ts';
import type { Sample } from '../../machines/sampler.ts';
import { instanceMemoryGib } from './instance-memory.ts';
import { logGroup, type Job } from './job.ts';

/** A host's load as SageMaker publishes it: CPU in per cent of one vCPU, summed over all, and memory in per cent of the instance's. */
export function publishLoad(metrics: MetricStore, job: Job, label: string, { at, cpuPercent, memoryBytes }: Sample): void {
  const put = (name: string, value: number) =>
    metrics.put(logGroup, { Host: `${job.name}/${label}` }, name, 'Percent', [{ at, value }]);
  put('CPUUtilization', cpuPercent);
  const memoryGib = instanceMemoryGib[job.request.ResourceConfig?.InstanceType ?? ''];
  if (memoryGib !== undefined && memoryBytes !== undefined) put('MemoryUtilization', (100 * memoryBytes) / (memoryGib * 2 ** 30));
}
