import { isOver } from '../job.ts';
import type { Trial, TuningJob } from './tuning-job.ts';

/** Improvements of less than a hundredth are none, for SageMaker's completion criteria. */
const leastImprovement = 0.01;

/** The objective turned so that less is better; turned twice it is itself again. */
export function turn(goal: 'Minimize' | 'Maximize', value: number): number {
  return goal === 'Minimize' ? value : -value;
}

/** What an ended trial lost: the last value of the objective. Undefined while it runs, when it failed and when it reported none. */
export function lossOf({ plan }: TuningJob, { job }: Trial): number | undefined {
  if (!isOver(job) || job.state.status === 'Failed') return undefined;
  const found = job.state.metrics.find(({ MetricName }) => MetricName === plan.objective.metric);
  return found?.Value === undefined ? undefined : turn(plan.objective.goal, found.Value);
}

/** Losses of the trials that have one, in the order in which they ended. */
export function listLosses(tuning: TuningJob): number[] {
  return tuning.trials
    .toSorted((a, b) => a.job.state.modified.getTime() - b.job.state.modified.getTime())
    .flatMap((trial) => lossOf(tuning, trial) ?? []);
}

/** How many trials ended since one was better than all before it by a hundredth. */
export function countNotImproving(losses: readonly number[]): number {
  let best = Infinity;
  let count = 0;
  for (const loss of losses) {
    const improved = best === Infinity || loss < best - leastImprovement * Math.abs(best);
    count = improved ? 0 : count + 1;
    best = Math.min(best, loss);
  }
  return count;
}
