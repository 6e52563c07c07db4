import { isOver } from '../job.ts';
import { countNotImproving, listLosses, turn } from './results.ts';
import type { TuningJob } from './tuning-job.ts';

/** What a search does next. */
export type Verdict =
  | { readonly next: 'launch' | 'wait' }
  | { readonly next: 'complete'; readonly why: string; readonly converged?: true }
  | { readonly next: 'fail'; readonly failureReason: string };

/** So many trials without one that succeeds are enough: SageMaker gives up after five. */
const mostFruitless = 5;
/** Own measure of convergence; SageMaker's is not told. */
const convergedAfter = 20;

export function judge(tuning: TuningJob): Verdict {
  const losses = listLosses(tuning);
  const reached = findReached(tuning, losses);
  if (reached) return reached;
  const { trials, plan } = tuning;
  const running = trials.filter(({ job }) => !isOver(job)).length;
  const fruitless = losses.length === 0 && trials.length - running >= mostFruitless;
  if (trials.length < plan.maxJobs && !fruitless) return { next: running < plan.maxParallel ? 'launch' : 'wait' };
  if (running > 0) return { next: 'wait' };
  if (losses.length > 0) return { next: 'complete', why: 'all training jobs have ended' };
  return { next: 'fail', failureReason: explainFruitless(tuning) };
}

/** The first of the completion criteria that is met. */
function findReached({ request, plan }: TuningJob, losses: readonly number[]): Verdict | undefined {
  const criteria = request.HyperParameterTuningJobConfig?.TuningJobCompletionCriteria;
  const target = criteria?.TargetObjectiveMetricValue;
  if (target !== undefined && Math.min(...losses) <= turn(plan.objective.goal, target))
    return { next: 'complete', why: `the objective has reached ${target}` };
  const notImproving = countNotImproving(losses);
  const most = criteria?.BestObjectiveNotImproving?.MaxNumberOfTrainingJobsNotImproving;
  if (most !== undefined && notImproving >= most)
    return { next: 'complete', why: `${notImproving} training jobs have not improved the objective` };
  if (criteria?.ConvergenceDetected?.CompleteOnConvergence === 'Enabled' && notImproving >= convergedAfter)
    return { next: 'complete', why: 'the objective has converged', converged: true };
  return undefined;
}

function explainFruitless({ trials }: TuningJob): string {
  const completed = trials.filter(({ job }) => job.state.status === 'Completed').length;
  return completed > 0
    ? `No objective metrics found after running ${trials.length} training jobs. Please ensure that the custom algorithm is emitting the objective metric as defined by the regular expression provided.`
    : `No training job succeeded after ${trials.length} attempts. Please take a look at the training job failures to get more details.`;
}
