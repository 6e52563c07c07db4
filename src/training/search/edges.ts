import type { TuningRecord } from '../../records/tuning-record.ts';
import { findNumber, findPosition, type NumericRange, type Scale } from './scale.ts';
import { hasFinalObjective } from './trials.ts';

/** The best value lies where the search could go no further. */
export interface Edge {
  readonly name: string;
  readonly value: number;
  readonly end: 'lower' | 'upper';
  readonly range: NumericRange;
}

const fewestTrials = 3;
const nearEnd = 0.05; // of the range's width, on its scale

/**
 * The varied numbers whose best value lies within 5 % of an end of their range, on its scale; an integer lies there only when it
 * is the end. Nothing from fewer than three trials with a result.
 */
export function findEdges({ best, trials, asked }: Pick<TuningRecord, 'best' | 'trials' | 'asked'>): Edge[] {
  if (!best || trials.filter(hasFinalObjective).length < fewestTrials) return [];
  return Object.entries(asked.ranges).flatMap(([name, range]): Edge[] => {
    const value = findNumber(best.hyperparameters[name]);
    if (range.kind === 'categorical' || value === undefined) return [];
    const end = findEnd(value, range);
    return end ? [{ name, value, end, range }] : [];
  });
}

function findEnd(value: number, range: NumericRange): Edge['end'] | undefined {
  if (range.kind === 'integer') return value === range.min ? 'lower' : value === range.max ? 'upper' : undefined;
  const positions = listScales(range).map((scale) => findPosition(value, range, scale) ?? 0.5);
  if (positions.every((position) => position <= nearEnd)) return 'lower';
  return positions.every((position) => position >= 1 - nearEnd) ? 'upper' : undefined;
}

/** Which scale `auto` became the service does not tell: an edge is one on either. */
function listScales({ scale, min }: NumericRange): Scale[] {
  if (scale !== 'auto') return [scale];
  return min > 0 ? ['linear', 'log'] : ['linear'];
}
