/** What target tracking does: as many of AWS's minutes in a row above the target for out, below nine tenths of it for in. */
export const highMinutes = 3;
export const lowMinutes = 15;
export const lowShare = 0.9;

export interface Situation {
  readonly instances: number;
  readonly min: number;
  readonly max: number;
  /** Per minute and instance. */
  readonly target: number;
  /** Of each minute since the policy is there, oldest first. */
  readonly rates: readonly number[];
}

export interface Tracking {
  readonly high: boolean | undefined;
  readonly low: boolean | undefined;
  /** What the metric was over the minutes that decided. */
  readonly rate: number;
  /** Instances that would bring the metric to the target; as many as there are when nothing calls for a change. */
  readonly wanted: number;
}

/** Judges the minutes. `high` and `low` are undefined as long as there are too few of them. */
export function trackTarget({ instances, min, max, target, rates }: Situation): Tracking {
  const last = rates.slice(-highMinutes);
  const long = rates.slice(-lowMinutes);
  const high = last.length < highMinutes ? undefined : last.every((rate) => rate > target);
  const low = long.length < lowMinutes ? undefined : long.every((rate) => rate < lowShare * target);
  const rate = average(low === true ? long : last);
  const fitting = Math.min(max, Math.max(min, Math.ceil((instances * rate) / target)));
  const wanted = high === true ? Math.max(instances, fitting) : low === true ? Math.min(instances, fitting) : instances;
  return { high, low, rate, wanted };
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
