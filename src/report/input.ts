import type { RunContext } from '../records/context.ts';
import type { RunRecord } from '../records/record.ts';
import type { Objective } from '../training/metric-direction.ts';
import type { Sizes } from '../training/sizing.ts';

/** Everything a report is made of. Rendering reads no clock and no table beside it. */
export interface ReportInput {
  readonly spec: { readonly name: string; readonly path: string; readonly environment?: string };
  /** The records of this run, of all attempts, finished or not. */
  readonly records: readonly RunRecord[];
  /** Newest comparable run of main at or before the merge base. */
  readonly baseline?: Baseline;
  readonly context: RunContext;
  readonly budget: {
    readonly perRunUsd?: number;
    readonly perPullRequestUsd?: number;
    /** Known cost of all runs of this pull request (outside one: of this run). */
    readonly spentUsd: number;
    /** How many of those runs have no known cost, because a price is unknown or they have not ended. */
    readonly unknown: number;
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
