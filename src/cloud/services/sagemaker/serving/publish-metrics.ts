import type { MetricStore } from '../../../contract.ts';
import type { Sample } from '../../../machines/sampler.ts';
import { instanceMemoryGib } from '../instance-memory.ts';

interface VariantName {
  readonly endpoint: string;
  readonly variant: string;
}

const dimensionsOf = ({ endpoint, variant }: VariantName) => ({ EndpointName: endpoint, VariantName: variant });

/** An instance's load as SageMaker publishes it: CPU in per cent of one vCPU, summed over all, and memory in per cent of the instance's. */
export function publishInstanceLoad(
  metrics: MetricStore,
  { instanceType, ...name }: VariantName & { readonly instanceType: string },
  { at, cpuPercent, memoryBytes }: Sample,
): void {
  const put = (metric: string, value: number) =>
    metrics.put('/aws/sagemaker/Endpoints', dimensionsOf(name), metric, 'Percent', [{ at, value }]);
  put('CPUUtilization', cpuPercent);
  const memoryGib = instanceMemoryGib[instanceType];
  if (memoryGib !== undefined && memoryBytes !== undefined) put('MemoryUtilization', (100 * memoryBytes) / (memoryGib * 2 ** 30));
}

export interface InvocationFacts extends VariantName {
  readonly at: Date;
  /** Of the variant, when the call came in. */
  readonly instances: number;
  /** Of the model's answer; undefined when it gave none. */
  readonly status: number | undefined;
  readonly modelMs: number;
  readonly overheadMs: number;
}

export const invocationNamespace = 'AWS/SageMaker';
export const perInstanceMetric = 'InvocationsPerInstance';

/** One call as SageMaker counts it; latencies in microseconds. */
export function publishInvocation(metrics: MetricStore, facts: InvocationFacts): void {
  const put = (metric: string, unit: string, value: number) =>
    metrics.put(invocationNamespace, dimensionsOf(facts), metric, unit, [{ at: facts.at, value }]);
  const { status = 500 } = facts;
  put('Invocations', 'None', 1);
  put(perInstanceMetric, 'None', 1 / Math.max(1, facts.instances));
  put('Invocation4XXErrors', 'None', status >= 400 && status < 500 ? 1 : 0);
  put('Invocation5XXErrors', 'None', status >= 500 ? 1 : 0);
  put('InvocationModelErrors', 'None', status >= 200 && status < 300 ? 0 : 1);
  put('ModelLatency', 'Microseconds', Math.round(facts.modelMs * 1000));
  put('OverheadLatency', 'Microseconds', Math.round(facts.overheadMs * 1000));
}
