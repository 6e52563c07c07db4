import type { RunRecord } from '../records/record.ts';
import type { Change } from '../training/comparison.ts';
import type { Text } from './document.ts';

/** A row of the table of runs. */
export interface Fact {
  readonly title: string;
  readonly cell: (record: RunRecord, change: Change | undefined) => Text;
  /** Also shown when there are so many runs that each gets one row. */
  readonly brief?: true;
}
