import type { TuningRecord } from '../../records/tuning-record.ts';
import { getNextDelayMs } from '../../time/wait.ts';
import { formatUsd } from '../../training/money.ts';
import { hasEnded, type TuningJob, type TuningTrial } from '../../training/ports.ts';
import { type Guard, mustStop } from '../../training/tuning-budget.ts';
import { applySearch, budgetReason, findTrialCostUsd } from '../../training/tuning-results.ts';
import type { ActiveJobs } from '../jobs/active.ts';
import { createLook } from '../jobs/look.ts';
import { cancelledError } from '../train-model/cancel.ts';
import type { TuneDeps } from './deps.ts';
import { remember } from './finish.ts';
import { createLeaderboard } from './leaderboard.ts';
import { createFailureLogs } from './failure-logs.ts';

/** A read may be this much older than the moment it answers. */
const readLagSeconds = 5;

interface Followed {
  readonly record: TuningRecord;
  readonly job: TuningJob;
  readonly known: Map<string, TuningTrial>;
}

/**
 * Looks at a search until it has ended, or with `until: 'running'` until its first trial runs; shows its leaderboard meanwhile, and
 * stops it before it spends more than it may.
 */
export async function followSearch(
  first: TuningRecord,
  until: 'running' | 'ended',
  metrics: Readonly<Record<string, string>>,
  active: ActiveJobs<TuningRecord>,
  deps: TuneDeps,
): Promise<Followed> {
  let record = first;
  const known = new Map<string, TuningTrial>();
  const show = createLeaderboard(record, deps.log);
  const showFailures = createFailureLogs(record.asked.instanceCount, metrics, deps);
  const guard = findGuard(record);
  const started = deps.clock.now().getTime();
  const look = createLook(record.name, () => read(record.name, known, deps), deps.clock);
  for (;;) {
    if (deps.signal.aborted) throw cancelledError();
    const seen = await look();
    const now = deps.clock.now();
    const delayMs = getNextDelayMs(now.getTime() - started);
    if (seen) {
      const { job, trials } = seen;
      const current = applySearch(record, job, trials, now);
      show(current, now);
      await showFailures(current.trials);
      if (hasEnded(job)) return { record, job, known };
      if (until === 'running' && trials.some((trial) => trial.job.trainingStarted)) return { record, job, known };
      if (guard && record.state.status !== 'stop-requested' && exceeds(record, trials, guard, now, delayMs)) {
        deps.log.warning(
          `tune: stopping ${record.name}: going on could cost more than ${formatUsd(guard.stopAtUsd)}. The best trial so far is the result.`,
        );
        record = (await active.stop(record.name, budgetReason)) ?? record;
      }
    }
    await deps.clock.sleep(delayMs, deps.signal);
  }
}

async function read(
  name: string,
  known: Map<string, TuningTrial>,
  deps: Pick<TuneDeps, 'jobs'>,
): Promise<{ job: TuningJob; trials: TuningTrial[] } | undefined> {
  const job = await deps.jobs.describe(name);
  if (!job) return undefined;
  const trials = await deps.jobs.trials(name, known);
  remember(trials, known);
  return { job, trials };
}

/** Undefined for a search that its budget cannot end: it has none, or the service itself ends it in time. */
function findGuard({ asked }: TuningRecord): Guard | undefined {
  const { ceilingUsd, stopAtUsd, maxSearchSeconds, maxJobs, maxParallelJobs, maxRuntimeSeconds } = asked;
  if (ceilingUsd === undefined || stopAtUsd === undefined || maxSearchSeconds !== undefined) return undefined;
  return { trials: maxJobs, maxParallelJobs, maxRuntimeSeconds, trialCeilingUsd: ceilingUsd / maxJobs, stopAtUsd };
}

function exceeds(record: TuningRecord, trials: readonly TuningTrial[], guard: Guard, now: Date, delayMs: number): boolean {
  const spent = trials.map(({ job }) => {
    const costUsd = findTrialCostUsd(job, record.price);
    const runningSeconds = job.trainingStarted ? (now.getTime() - job.trainingStarted.getTime()) / 1000 : 0;
    return { ended: hasEnded(job), runningSeconds, ...(costUsd === undefined ? {} : { costUsd }) };
  });
  return mustStop(spent, guard, delayMs / 1000 + readLagSeconds);
}
