import type { TuningRecord } from '../../records/tuning-record.ts';
import type { TuningJob, TuningTrial } from '../../training/ports.ts';
import { applySearch, findBilledSeconds, judgeSearch } from '../../training/tuning-results.ts';
import type { EndDeps } from './deps.ts';
import { readTrialLog } from './trial-logs.ts';

/** What a trial was billed is known soon after its end; a search that cannot say it has an unknown cost. */
const settleMs = 20_000;
/** Curves are kept of so many trials. */
const curvesOf = 3;

type Trial = TuningRecord['trials'][number];

/** Brings the record of a search that has ended to its final state: outcome, trials, money, curves. The caller writes it. */
export async function settleSearch(
  record: TuningRecord,
  job: TuningJob,
  known: Map<string, TuningTrial>,
  metrics: Readonly<Record<string, string>>,
  deps: EndDeps,
): Promise<TuningRecord> {
  const trials = await readEndedTrials(job, known, deps);
  const applied = applySearch(record, job, trials, deps.clock.now());
  const failed = applied.best ? undefined : applied.trials.find(({ status }) => status === 'failed' || status === 'completed');
  const hosts = record.asked.instanceCount;
  const tail = failed ? (await readTrialLog(failed.name, hosts, metrics, deps)).tail : [];
  const shown = listBest(applied).slice(0, curvesOf);
  const logs = await Promise.all(shown.map(async ({ name }) => [name, await readTrialLog(name, hosts, metrics, deps)] as const));
  const curves = new Map(logs.map(([name, log]) => [name, log.curves]));
  return {
    ...applied,
    state: judgeSearch(applied, job, tail),
    trials: applied.trials.map((trial) => withCurves(trial, curves.get(trial.name))),
  };
}

function withCurves(trial: Trial, curves: Trial['curves'] | undefined): Trial {
  return curves ? { ...trial, curves } : trial;
}

/** Trials with a value, the best first. */
export function listBest({ trials, asked }: Pick<TuningRecord, 'trials' | 'asked'>): (Trial & { objective: number })[] {
  const sign = asked.objective.goal === 'minimize' ? 1 : -1;
  return trials
    .flatMap((trial) => (trial.objective === undefined ? [] : [{ ...trial, objective: trial.objective }]))
    .toSorted((a, b) => sign * (a.objective - b.objective));
}

/** Reads lag behind the end of the search: its trials are read until each has ended and says what it was billed. */
async function readEndedTrials(job: TuningJob, known: Map<string, TuningTrial>, deps: EndDeps): Promise<TuningTrial[]> {
  const deadline = deps.clock.now().getTime() + settleMs;
  for (;;) {
    const trials = await deps.jobs.trials(job.name, known);
    remember(trials, known);
    const all = job.counts.completed + job.counts.failed + job.counts.stopped;
    const whole = trials.length >= all && trials.every((trial) => known.has(trial.name));
    if (whole || deps.clock.now().getTime() >= deadline) return trials;
    await deps.clock.sleep(1_000);
  }
}

/** Nothing can change any more about a trial that has ended and was billed. */
export function remember(trials: readonly TuningTrial[], known: Map<string, TuningTrial>): void {
  for (const trial of trials) {
    const settled = findBilledSeconds(trial.job) !== undefined;
    const measured = trial.objective !== undefined || trial.job.status !== 'Completed';
    if (settled && measured) known.set(trial.name, trial);
  }
}

/** The record of a search that was planned and never came into being. */
export function neverCreated(record: TuningRecord, why: string, now: Date): TuningRecord {
  const { handedOver: _, ...rest } = record;
  return {
    ...rest,
    state: { status: 'stopped', cause: 'cancelled', reason: `${why} before the search was created` },
    times: { ...record.times, updated: now.toISOString() },
    costUsd: 0,
  };
}
