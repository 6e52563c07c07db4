import type { TuningRecord } from '../../records/tuning-record.ts';
import { getMachine } from '../../training/machines.ts';
import type { Allowance } from '../../training/tuning-budget.ts';
import type { SearchPlan } from '../../training/tuning-plan.ts';
import { getOrigin, type RecordBasis } from '../jobs/record-basis.ts';

/** What was decided about a search after it was planned. */
export interface Terms {
  readonly allowance: Allowance;
  /** Name of the tuning job it begins with. */
  readonly warmStart: string | undefined;
}

/** The record of a search that is about to be created. */
export function planRecord(plan: SearchPlan, name: string, basis: RecordBasis, terms: Terms, now: Date): TuningRecord {
  const at = now.toISOString();
  const { stopAtUsd, maxParallelJobs, maxSearchSeconds, warnings } = terms.allowance;
  const origin = getOrigin(basis, 'hyper-tuning-jobs', name);
  return {
    ...origin,
    kind: 'tuning-job',
    fingerprint: plan.fingerprint,
    name,
    asked: {
      ...plan.asked,
      maxParallelJobs,
      ...(terms.warmStart === undefined ? {} : { warmStart: terms.warmStart }),
      ...(stopAtUsd === undefined ? {} : { stopAtUsd }),
      ...(maxSearchSeconds === undefined ? {} : { maxSearchSeconds }),
    },
    machine: getMachine(plan.asked.instanceType, plan.asked.instanceCount),
    state: { status: 'planned' },
    times: { planned: at, updated: at },
    price: plan.price,
    trials: [],
    warnings: [...origin.warnings, ...warnings],
  };
}
