import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { Spec } from '../../spec/spec.ts';
import { getSpending, type Spending } from '../../training/cost.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import { finishUnwatched } from '../../training/settling/finish.ts';

export interface SpendingDeps {
  readonly runs: SettleDeps & { readonly records: Pick<RecordStore, 'write' | 'listAll'> };
  readonly searches: Pick<TuningStore, 'listAll'>;
}

/** What the runs and searches of this zone have cost and may still cost, after what has ended unwatched was brought up to date. */
export async function readSpending(spec: Spec, rehearsal: boolean, { runs, searches }: SpendingDeps): Promise<Spending> {
  const [ofRuns, ofSearches] = await Promise.all([runs.records.listAll(), searches.listAll()]);
  return getSpending([...(await finishUnwatched(ofRuns, { spec }, runs)), ...ofSearches], rehearsal);
}
