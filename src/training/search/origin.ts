import type { RunRecord } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';

/** How the hyperparameters of a run stand to the best of a search that came before it. */
export type Origin =
  | { readonly kind: 'best'; readonly search: TuningRecord }
  | {
      readonly kind: 'other';
      readonly search: TuningRecord;
      readonly differing: readonly { readonly name: string; readonly asked: string | undefined; readonly best: string }[];
    };

type Run = Pick<RunRecord, 'asked' | 'times'>;

/**
 * The newest search, planned before the run, whose best values the run has all; else how it differs from the newest one with a
 * best. Undefined when no search before it has a best.
 */
export function findOrigin(run: Run, searches: readonly TuningRecord[]): Origin | undefined {
  const before = searches
    .filter(({ best, times }) => best && times.planned <= run.times.planned)
    .toSorted((a, b) => b.times.planned.localeCompare(a.times.planned));
  const equal = before.find((search) => listDiffering(run, search).length === 0);
  if (equal) return { kind: 'best', search: equal };
  const [newest] = before;
  return newest && { kind: 'other', search: newest, differing: listDiffering(run, newest) };
}

function listDiffering({ asked }: Run, { best }: TuningRecord) {
  return Object.entries(best?.hyperparameters ?? {})
    .filter(([name, value]) => asked.hyperparameters[name] !== value)
    .map(([name, value]) => ({ name, asked: asked.hyperparameters[name], best: value }));
}
