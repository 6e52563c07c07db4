import type { RunRecord, RunState } from '../records/record.ts';

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

/** `✅ digits: 2 runs completed`, `❌ digits: 1 run failed, 1 completed`; a rehearsal says first that it is one. */
export function writeHeadline(name: string, records: readonly RunRecord[]): string {
  const groups = order
    .map((group) => ({
      icon: group.icon,
      words: group.words,
      count: records.filter((record) => group.statuses.includes(record.state.status)).length,
    }))
    .filter((group) => group.count > 0);
  const words = groups.map(
    ({ count, words: state }, index) => `${count} ${index === 0 ? `run${count === 1 ? '' : 's'} ` : ''}${state}`,
  );
  const rehearsal = records.some((record) => record.rehearsal) ? 'Rehearsal: ' : '';
  return `${rehearsal}${groups[0]?.icon ?? ''} ${name}: ${words.join(', ')}`;
}
