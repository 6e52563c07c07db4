import type { TuningRecord } from '../../records/tuning-record.ts';
import { findNumber } from './scale.ts';
import { hasFinalObjective } from './trials.ts';

/** Over all trials, larger values of one hyperparameter went with better or worse results. */
export interface Tendency {
  readonly name: string;
  readonly larger: 'better' | 'worse';
  /** Spearman's rank correlation with the objective, −1 to 1. */
  readonly correlation: number;
  readonly trials: number;
}

const fewestTrials = 10;
const weakest = 0.5;
/** Student's t that chance reaches about once in a thousand times, so that ten hyperparameters do not bring one by accident. */
const clearT = 4;

/**
 * What the ranks of values and results show beyond doubt. It is no measure of importance: a best value in the middle of a range
 * shows no tendency at all, and a search does not try values at random.
 */
export function findTendencies({ trials, asked }: Pick<TuningRecord, 'trials' | 'asked'>): Tendency[] {
  const settled = trials.filter(hasFinalObjective);
  return Object.entries(asked.ranges).flatMap(([name, range]): Tendency[] => {
    if (range.kind === 'categorical') return [];
    const pairs = settled.flatMap(({ hyperparameters, objective }) => {
      const value = findNumber(hyperparameters[name]);
      return value === undefined ? [] : [{ value, objective }];
    });
    const correlation = correlateRanks(pairs);
    if (correlation === undefined || !isClear(correlation, pairs.length)) return [];
    const larger = correlation > 0 === (asked.objective.goal === 'maximize') ? 'better' : 'worse';
    return [{ name, larger, correlation, trials: pairs.length }];
  });
}

function isClear(correlation: number, count: number): boolean {
  if (count < fewestTrials || Math.abs(correlation) < weakest) return false;
  return Math.abs(correlation) * Math.sqrt((count - 2) / Math.max(1e-9, 1 - correlation ** 2)) >= clearT;
}

function correlateRanks(pairs: readonly { value: number; objective: number }[]): number | undefined {
  const x = rank(pairs.map(({ value }) => value));
  const y = rank(pairs.map(({ objective }) => objective));
  const mean = (pairs.length + 1) / 2;
  const sum = (of: (index: number) => number) => x.reduce((total, _, index) => total + of(index), 0);
  const spread = Math.sqrt(sum((i) => ((x[i] ?? 0) - mean) ** 2) * sum((i) => ((y[i] ?? 0) - mean) ** 2));
  return spread === 0 ? undefined : sum((i) => ((x[i] ?? 0) - mean) * ((y[i] ?? 0) - mean)) / spread;
}

/** Ranks from 1; equal values share the mean of theirs. */
function rank(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const places = new Map<number, { first: number; count: number }>();
  for (const [index, value] of sorted.entries()) {
    const place = places.get(value);
    if (place) place.count += 1;
    else places.set(value, { first: index + 1, count: 1 });
  }
  return values.map((value) => {
    const { first, count } = places.get(value) ?? { first: 0, count: 1 };
    return first + (count - 1) / 2;
  });
}
