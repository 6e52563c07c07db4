import type { MetricStore } from '../../contract.ts';
import type { Sample } from '../../machines/sampler.ts';
import type { Instance } from './instance.ts';

/**
 * CPUUtilization as EC2 publishes it: per cent of all the instance's vCPUs together, 0–100. With detailed monitoring every sample, as the
 * hosts of training jobs have; without it one average of five of the cloud's minutes, so that a short run has none, as on AWS.
 */
export function createLoadPublisher(metrics: MetricStore, { id, plan }: Instance, minuteMs: number): (sample: Sample) => void {
  let held: { value: number; at: Date }[] = [];
  const put = (at: Date, value: number) =>
    metrics.put('AWS/EC2', { InstanceId: id }, 'CPUUtilization', 'Percent', [{ at, value }]);
  return ({ at, cpuPercent }) => {
    const value = Math.min(100, cpuPercent / plan.vcpus);
    if (plan.detailedMonitoring) return put(at, value);
    held.push({ value, at });
    const [first] = held;
    if (!first || at.getTime() - first.at.getTime() < 5 * minuteMs) return;
    put(first.at, held.reduce((sum, one) => sum + one.value, 0) / held.length);
    held = [];
  };
}
