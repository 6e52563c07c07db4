import type { RunRecord } from '../records/record.ts';
import type { Block } from './document.ts';

const longestLine = 500;

/** The last log lines of a failed run, unfolded: what one opens the report for at night. */
export function writeFailureLog({ state }: Pick<RunRecord, 'state'>, name: string): Block[] {
  if (state.status !== 'failed' || state.logTail.length === 0) return [];
  const lines = state.logTail.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  return [
    {
      kind: 'details',
      summary: `Last ${lines.length} log lines of ${name}`,
      body: { kind: 'code', lines },
      open: true,
      weight: 70,
    },
  ];
}
