import type { RunContext } from '../records/context.ts';
import type { RunRecord } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';
import type { Spending } from '../training/cost.ts';
import type { Objective } from '../training/metric-direction.ts';
import type { Sizes } from '../training/sizing.ts';

/** Everything a report is made of. Rendering reads no clock and no table beside it. */
export interface ReportInput {
  readonly spec: { readonly name: string };
  /** The records of this run and its commit, of all attempts, finished or not. */
  readonly records: readonly RunRecord[];
  /** Tuning jobs of this run and its commit, of all attempts, oldest first; the newest one is told whole. */
  readonly tuning?: readonly TuningRecord[];
  /** Searches of other runs and commits whose result one of `tuning` reuses. */
  readonly reusedTuning?: readonly TuningRecord[];
  /** Newest comparable run of main at or before the merge base. */
  readonly baseline?: Baseline;
  readonly context: RunContext;
  readonly budget: {
    readonly perRunUsd?: number;
    readonly perPullRequestUsd?: number;
    /** What all runs of the pull request have cost and may still cost; absent outside one. */
    readonly spending?: Spending;
  };
  readonly objective?: Objective;
  /** Tables of machines and prices, for advice on sizes. */
  readonly sizes?: Sizes;
  /** Sentences for the reader that do not come from the records. */
  readonly notes: readonly string[];
  readonly now: Date;
}

export interface Baseline {
  readonly commit: string;
  /** When it was trained. */
  readonly date: Date;
  readonly records: readonly RunRecord[];
}

/** Whether this is the report of a rehearsal. What was rehearsed and what was billed are never in one. */
export function isRehearsal({ records, tuning = [] }: Pick<ReportInput, 'records' | 'tuning'>): boolean {
  return [...records, ...tuning].some(({ rehearsal }) => rehearsal);
}
