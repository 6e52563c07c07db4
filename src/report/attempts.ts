import type { RunRecord } from '../records/record.ts';

/** The newest record of each run that was asked for, in the order of asking, and those that a re-run has replaced. */
export function splitAttempts(records: readonly RunRecord[]): { current: RunRecord[]; earlier: RunRecord[] } {
  const ordered = [...records].sort((a, b) => a.times.planned.localeCompare(b.times.planned) || a.label.localeCompare(b.label));
  const newest = new Map<string, RunRecord>();
  for (const record of ordered) newest.set(identityOf(record), record);
  const current = ordered.filter((record) => newest.get(identityOf(record)) === record);
  return { current, earlier: ordered.filter((record) => !current.includes(record)) };
}

function identityOf({ label, workflow }: RunRecord): string {
  return JSON.stringify([label, workflow.job, workflow.step, workflow.matrix]);
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
