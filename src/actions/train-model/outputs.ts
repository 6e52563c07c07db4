import type { StepResult } from '../../runner/ports.ts';
import type { Result } from './failures.ts';
import type { Spec } from '../../spec/spec.ts';
import { hasResult, rank } from '../../training/comparison.ts';

export interface Outputs {
  /** JSON list of the runs. */
  readonly jobs: string;
  /** s3:// URI of the only model, or of the best by the spec's objective and metrics; empty when there is none to name. */
  readonly model: string;
  /** Sum over all runs; empty while any part of it is unknown. */
  readonly costUsd: string;
}

/** @param results a run without a record came to no create call: its status is `not-created` */
export function getOutputs(results: readonly Pick<Result, 'label' | 'record'>[], spec: Spec): Outputs {
  const jobs = results.map(({ label, record }) => ({
    label,
    job: record?.name ?? null,
    ...(record?.on === 'ec2' ? { instance: record.ec2?.machines.at(-1)?.id ?? null } : {}),
    status: record?.state.status ?? 'not-created',
    'cost-usd': record?.costUsd === undefined ? null : round(record.costUsd),
    model: record?.model ?? null,
  }));
  const records = results.flatMap(({ record }) => (record ? [record] : []));
  const costs = records.map((record) => record.costUsd);
  const known = records.length === results.length && costs.every((usd) => usd !== undefined);
  const models = records.filter((record) => hasResult(record) && record.model !== undefined);
  const best = models.length === 1 ? models[0] : rank(models, spec.tune?.objective).best?.record;
  return {
    jobs: JSON.stringify(jobs),
    model: best?.model ?? '',
    costUsd: known ? String(round(costs.reduce((sum, usd) => sum + usd, 0))) : '',
  };
}

/** To a ten-thousandth of a cent: a sum of floating-point numbers has digits that mean nothing. */
function round(usd: number): number {
  return Number(usd.toFixed(6));
}

export function writeOutputs(outputs: Outputs, step: StepResult): void {
  step.output('jobs', outputs.jobs);
  step.output('model', outputs.model);
  step.output('cost-usd', outputs.costUsd);
}
