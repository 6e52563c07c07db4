import type { RunRecord, RunState } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';

type Status = RunState['status'];

/** The worst first: what the reader must act on is what the heading says. */
const order: readonly { readonly statuses: readonly Status[]; readonly icon: string; readonly words: string }[] = [
  { statuses: ['stop-requested'], icon: '⚠️', words: 'asked to stop, not confirmed' },
  { statuses: ['failed'], icon: '❌', words: 'failed' },
  { statuses: ['refused'], icon: '❌', words: 'refused' },
  { statuses: ['stopped'], icon: '⏹️', words: 'stopped' },
  { statuses: ['planned', 'submitted'], icon: '⏳', words: 'not finished' },
  { statuses: ['completed'], icon: '✅', words: 'completed' },
  { statuses: ['reused'], icon: '♻️', words: 'reused' },
];

/** `✅ digits: 2 runs completed`, `❌ digits: 1 run failed, 1 completed, tuning completed`; a rehearsal says first that it is one. */
export function writeHeadline(
  name: string,
  records: readonly Pick<RunRecord, 'state' | 'rehearsal'>[],
  searches: readonly Pick<TuningRecord, 'state' | 'rehearsal'>[] = [],
): string {
  const all = [...records, ...searches];
  const icon = order.find((group) => count(all, group) > 0)?.icon ?? '';
  const words = [...sayGroups(records, 'run'), ...sayGroups(searches, 'tuning job')];
  const rehearsal = all.some((record) => record.rehearsal) ? 'Rehearsal: ' : '';
  return `${rehearsal}${icon} ${name}: ${words.join(', ')}`;
}

function count(records: readonly Pick<RunRecord, 'state'>[], { statuses }: (typeof order)[number]): number {
  return records.filter((record) => statuses.includes(record.state.status)).length;
}

function sayGroups(records: readonly Pick<RunRecord, 'state'>[], noun: string): string[] {
  return order
    .map((group) => ({ words: group.words, number: count(records, group) }))
    .filter(({ number }) => number > 0)
    .map(({ number, words }, index) => `${number} ${index === 0 ? `${noun}${number === 1 ? '' : 's'} ` : ''}${words}`);
}
