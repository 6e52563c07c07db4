import type { RunContext } from '../../records/context.ts';
import type { Price, RunRecord } from '../../records/record.ts';
import type { Spec } from '../../spec/spec.ts';
import { getMachine } from '../../training/machines.ts';
import type { RunPlan } from '../../training/plan.ts';

/** What every record of a step says alike. */
export interface RecordBasis {
  readonly context: RunContext;
  readonly spec: Spec;
  readonly region: string;
  readonly rehearsal: boolean;
  readonly warnings: readonly string[];
}

const unread: Price = { kind: 'unknown', why: 'no price was read' };

/** The record of a job that is about to be created. */
export function planRecord(plan: RunPlan, name: string, instanceType: string, basis: RecordBasis, now: Date): RunRecord {
  const { context, spec } = basis;
  const { runId, attempt, job, step, matrix } = context.workflow;
  const at = now.toISOString();
  return {
    schema: 1,
    kind: 'training-job',
    rehearsal: basis.rehearsal,
    repository: { id: context.repository.id, name: `${context.repository.owner}/${context.repository.name}` },
    commit: context.commit,
    ref: context.ref,
    ...(context.pullRequest ? { pullRequest: context.pullRequest.number } : {}),
    workflow: { runId, attempt, job, step, matrix },
    spec: {
      name: spec.name,
      path: spec.path,
      ...(spec.environmentName === undefined ? {} : { environment: spec.environmentName }),
    },
    label: plan.label,
    fingerprint: plan.fingerprint,
    name,
    region: basis.region,
    asked: plan.asked,
    machine: getMachine(instanceType, plan.asked.instanceCount),
    state: { status: 'planned' },
    times: { planned: at, updated: at },
    transitions: [],
    price: plan.prices[instanceType] ?? unread,
    metrics: [],
    curves: [],
    utilisation: { coverage: 'none', hosts: [] },
    ...(basis.rehearsal ? {} : { url: consoleUrl(basis.region, name) }),
    warnings: [...basis.warnings],
  };
}

function consoleUrl(region: string, name: string): string {
  const domain = region.startsWith('cn-')
    ? 'console.amazonaws.cn'
    : region.startsWith('us-gov-')
      ? 'console.amazonaws-us-gov.com'
      : 'console.aws.amazon.com';
  return `https://${region}.${domain}/sagemaker/home?region=${region}#/jobs/${name}`;
}
