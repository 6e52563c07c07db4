import type { Price, RunState } from '../records/record.ts';
import type { Trial, TuningRecord } from '../records/tuning-record.ts';
import { findCostUsd } from './cost.ts';
import { hasEnded, type TrainingJob, type TuningJob, type TuningTrial } from './ports.ts';

const reasonLength = 1_024;

/** What a stop at the budget is recorded as until the search has ended. */
export const budgetReason = 'it reached its budget';

/** The record with everything that the service says of the search and its trials, its state apart. */
export function applySearch(record: TuningRecord, job: TuningJob, trials: readonly TuningTrial[], now: Date): TuningRecord {
  const { handedOver: _, best: __, costUsd: ___, ...rest } = record;
  const kept = trials.map((trial) => toTrial(trial, record));
  const best = findBest(record.asked.objective.goal, job.best, trials);
  const costUsd = hasEnded(job) ? sumCosts(kept) : undefined;
  return {
    ...rest,
    arn: job.arn,
    times: {
      planned: record.times.planned,
      created: job.created.toISOString(),
      ...(job.ended ? { ended: job.ended.toISOString() } : {}),
      updated: now.toISOString(),
    },
    trials: kept,
    ...(best ? { best } : {}),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

const statuses = { Completed: 'completed', Failed: 'failed', Stopped: 'stopped', Deleting: 'stopped' } as const;

function toTrial(trial: TuningTrial, record: TuningRecord): Trial {
  const { job, name, hyperparameters, objective } = trial;
  const { trainingStarted: started, trainingEnded: ended, trainingSeconds } = job;
  const status = job.status === 'InProgress' || job.status === 'Stopping' ? 'in-progress' : statuses[job.status];
  const billedSeconds = findBilledSeconds(job);
  const costUsd = findTrialCostUsd(job, record.price);
  return {
    name,
    status,
    ...(status === 'stopped' && isEndedEarly(job, record) ? { endedEarly: true } : {}),
    hyperparameters: { ...hyperparameters },
    ...(objective === undefined ? {} : { objective }),
    ...(started ? { started: started.toISOString() } : {}),
    ...(ended ? { ended: ended.toISOString() } : {}),
    ...(trainingSeconds === undefined ? {} : { trainingSeconds }),
    ...(billedSeconds === undefined ? {} : { billedSeconds }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(job.failureReason === undefined ? {} : { failureReason: job.failureReason.slice(0, reasonLength) }),
    curves: record.trials.find((one) => one.name === name)?.curves ?? [],
  };
}

/** Billed seconds of a trial that has ended; 0 when its machines never came. */
export function findBilledSeconds(job: TrainingJob): number | undefined {
  if (!hasEnded(job)) return undefined;
  return job.billableSeconds ?? (job.trainingStarted ? undefined : 0);
}

export function findTrialCostUsd(job: TrainingJob, price: Price): number | undefined {
  return findCostUsd(findBilledSeconds(job), job.instanceCount, price);
}

/** Stopped by the search itself: it ends trials that will not win, and those alone unless somebody stopped the whole. */
function isEndedEarly(job: TrainingJob, { asked, state }: TuningRecord): boolean {
  if (!asked.earlyStopping && asked.strategy !== 'hyperband') return false;
  if (/^Max(Runtime|WaitTime)Exceeded$/.test(job.secondaryStatus)) return false;
  return state.status !== 'stop-requested' || (job.trainingEnded?.toISOString() ?? state.at) < state.at;
}

function sumCosts(trials: readonly Trial[]): number | undefined {
  const costs = trials.map((trial) => trial.costUsd);
  return costs.every((usd) => usd !== undefined) ? costs.reduce((sum, usd) => sum + usd, 0) : undefined;
}

/** The service's own choice, else the completed trial with the best value. */
export function findBest(
  goal: 'minimize' | 'maximize',
  chosen: string | undefined,
  trials: readonly TuningTrial[],
): TuningRecord['best'] {
  const measured = trials.filter(({ objective, job }) => objective !== undefined && job.status === 'Completed');
  const sign = goal === 'minimize' ? 1 : -1;
  const [first] = measured.toSorted((a, b) => sign * ((a.objective ?? 0) - (b.objective ?? 0)));
  const best = trials.find(({ name, objective }) => name === chosen && objective !== undefined) ?? first;
  if (!best) return undefined;
  const { name, hyperparameters, objective, job } = best;
  return {
    name,
    hyperparameters: { ...hyperparameters },
    ...(objective === undefined ? {} : { objective }),
    ...(job.model === undefined ? {} : { model: job.model }),
  };
}

/**
 * How a search that has ended stands.
 * @param record with what the service says of it
 * @param logTail last lines of a trial that failed, for a search without a result
 */
export function judgeSearch(record: TuningRecord, job: TuningJob, logTail: readonly string[]): RunState {
  const { state, asked, best } = record;
  const failure = (reason: string): RunState => ({
    status: 'failed',
    reason: reason.slice(0, reasonLength),
    logTail: [...logTail],
  });
  if (job.status === 'Failed') return failure(job.failureReason ?? '');
  if (job.status === 'Completed') {
    if (best) return { status: 'completed' };
    return failure(`No trial has reported a value of ${asked.objective.metric}, so none is the best.`);
  }
  if (state.status !== 'stop-requested') {
    const { maxSearchSeconds: limit } = asked;
    const seconds = ((job.ended ?? job.created).getTime() - job.created.getTime()) / 1000;
    if (limit !== undefined && seconds >= limit) return { status: 'stopped', cause: 'budget', reason: budgetReason };
    return { status: 'stopped', cause: 'elsewhere', reason: job.failureReason?.slice(0, reasonLength) || elsewhere };
  }
  return { status: 'stopped', cause: state.why === budgetReason ? 'budget' : 'cancelled', reason: state.why };
}

const elsewhere = 'somebody stopped it outside of this workflow';
