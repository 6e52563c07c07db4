import type { TuningRecord } from '../../records/tuning-record.ts';
import { splitAttempts } from '../attempts.ts';
import type { ReportInput } from '../input.ts';

/** The tuning jobs of a report by how they are told. */
export interface ToldSearches {
  /** Told whole: the newest. */
  readonly main?: TuningRecord;
  /** Of other steps or legs of the matrix. */
  readonly others: readonly TuningRecord[];
  /** Replaced by a re-run. */
  readonly earlier: readonly TuningRecord[];
}

export function chooseSearches({ tuning = [] }: Pick<ReportInput, 'tuning'>): ToldSearches {
  const { current, earlier } = splitAttempts(tuning);
  const main = current.at(-1);
  return { ...(main && { main }), others: current.slice(0, -1), earlier };
}

/** Those that stand for what was asked, the one that is told whole last. */
export function listCurrent({ main, others }: ToldSearches): TuningRecord[] {
  return main ? [...others, main] : [];
}
