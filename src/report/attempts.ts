import type { RunRecord } from '../records/record.ts';

/** Of a run or of a tuning job, which has no label. */
type Attempt = Pick<RunRecord, 'times' | 'workflow'> & { readonly label?: string };

/** The newest record of everything that was asked for, in the order of asking, and those that a re-run has replaced. */
export function splitAttempts<T extends Attempt>(records: readonly T[]): { current: T[]; earlier: T[] } {
  const ordered = records.toSorted(
    (a, b) => a.times.planned.localeCompare(b.times.planned) || (a.label ?? '').localeCompare(b.label ?? ''),
  );
  const newest = new Map<string, T>();
  for (const record of ordered) newest.set(identityOf(record), record);
  const isNewest = (record: T) => newest.get(identityOf(record)) === record;
  return { current: ordered.filter(isNewest), earlier: ordered.filter((record) => !isNewest(record)) };
}

function identityOf({ label, workflow }: Attempt): string {
  return JSON.stringify([label ?? null, workflow.job, workflow.step, workflow.matrix]);
}

/** The label, with the leg of the matrix where several runs share one. */
export function nameRuns(records: readonly RunRecord[]): Map<RunRecord, string> {
  const shared = (record: RunRecord) => records.filter((other) => other.label === record.label).length > 1;
  return new Map(records.map((record) => [record, shared(record) ? `${record.label} ${describeLeg(record)}` : record.label]));
}

function describeLeg({ workflow, spec }: RunRecord): string {
  const leg = workflow.matrix === 'null' ? workflow.job : workflow.matrix.replaceAll(/[{}"]/g, '').replaceAll(',', ', ');
  return `(${spec.environment === undefined ? leg : `${leg}, ${spec.environment}`})`;
}
