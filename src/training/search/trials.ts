import type { Trial, TuningRecord } from '../../records/tuning-record.ts';

type Goal = TuningRecord['asked']['objective']['goal'];

/** Whether the objective is the trial's result, and not only what it had reached when it was stopped or looked at. */
export function hasFinalObjective(trial: Trial): trial is Trial & { readonly objective: number } {
  return trial.status === 'completed' && trial.endedEarly === undefined && trial.objective !== undefined;
}

/** Best first: trials with a result, then those that only got so far, then those that reported nothing, each in order of creation. */
export function rankTrials({ trials, asked }: Pick<TuningRecord, 'trials' | 'asked'>): Trial[] {
  const sign = asked.objective.goal === 'minimize' ? 1 : -1;
  return trials.toSorted((a, b) => groupOf(a) - groupOf(b) || sign * ((a.objective ?? 0) - (b.objective ?? 0)));
}

function groupOf(trial: Trial): number {
  if (hasFinalObjective(trial)) return 0;
  return trial.objective === undefined ? 2 : 1;
}

/** Number and hash of a trial, which tell it from the others of its search: `004-1a2b3c4d`. */
export function nameTrial(trial: Pick<Trial, 'name'>, search: Pick<TuningRecord, 'name'>): string {
  const prefix = `${search.name}-`;
  return trial.name.startsWith(prefix) && trial.name.length > prefix.length ? trial.name.slice(prefix.length) : trial.name;
}

/** The best of some values of the objective; undefined of none. */
export function findBestValue(values: readonly number[], goal: Goal): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((best, value) => (goal === 'minimize' ? Math.min(best, value) : Math.max(best, value)));
}

export function findMedian(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
