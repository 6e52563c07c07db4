import { AwsError } from '../../../contract.ts';
import type { Clock } from '../../../../time/clock.ts';
import { endJob } from '../end-job.ts';
import { isOver } from '../job.ts';
import type { LaunchJob } from '../launch-job.ts';
import { judge } from './judge.ts';
import { launchTrial } from './launch-trial.ts';
import { changeTuning, isTuningOver, stateOf, type TuningJob } from './tuning-job.ts';

interface Deps {
  readonly clock: Clock;
  readonly launch: LaunchJob;
}

type End = { readonly status: 'Completed' | 'Stopped' } | { readonly status: 'Failed'; readonly failureReason: string };

const longestTimerMs = 2 ** 31 - 1;

/** One search from its creation to its end. Never rejects: whatever happens is its final state, and no trial runs by then. */
export async function runTuning(tuning: TuningJob, deps: Deps): Promise<void> {
  const { clock } = deps;
  const over = new AbortController();
  const trials = new Set<Promise<void>>();
  void limitRuntime(tuning, clock, over.signal);
  let end: End;
  try {
    end = await search(tuning, deps, trials);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    end = { status: 'Failed', failureReason: error instanceof AwsError ? reason : `InternalServerError: ${reason}` };
  }
  over.abort();
  stopTrials(tuning, clock);
  await Promise.all(trials);
  changeTuning(tuning, clock, { ...end, ended: clock.now() });
}

/** Launches trials, as many at once as may be, until there is nothing more to do. */
async function search(tuning: TuningJob, { clock, launch }: Deps, running: Set<Promise<void>>): Promise<End> {
  while (!tuning.end.signal.aborted) {
    const verdict = judge(tuning);
    if (verdict.next === 'fail') return { status: 'Failed', failureReason: verdict.failureReason };
    if (verdict.next === 'complete') {
      if (verdict.converged) changeTuning(tuning, clock, { convergedAt: clock.now() });
      stopTrials(tuning, clock, verdict.why);
      return { status: 'Completed' };
    }
    const launched = verdict.next === 'launch' ? tryLaunch(tuning, clock, launch, running.size) : undefined;
    if (launched) {
      const ended = launched.finally(() => {
        running.delete(ended);
        tuning.bell.ring();
      });
      running.add(ended);
    } else await tuning.bell.wait();
  }
  return { status: 'Stopped' };
}

/** Undefined when the account's instances are all in use, some by this search: one will be free. @throws AwsError as a refused training job does */
function tryLaunch(tuning: TuningJob, clock: Clock, launch: LaunchJob, running: number): Promise<void> | undefined {
  try {
    return launchTrial(tuning, clock, launch);
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ResourceLimitExceeded' && running > 0) return undefined;
    throw error;
  }
}

/** Asks a search to end: no further trial, and those that run are stopped. */
export function stopTuning(tuning: TuningJob, clock: Clock): void {
  if (isTuningOver(tuning) || stateOf(tuning).status === 'Stopping') return;
  changeTuning(tuning, clock, { status: 'Stopping' });
  tuning.end.abort();
  stopTrials(tuning, clock);
  tuning.bell.ring();
}

function stopTrials(tuning: TuningJob, clock: Clock, why = 'the tuning job is ending'): void {
  for (const { job } of tuning.trials) if (!isOver(job)) endJob(job, clock, 'stopped', why);
}

async function limitRuntime(tuning: TuningJob, clock: Clock, over: AbortSignal): Promise<void> {
  const seconds = tuning.request.HyperParameterTuningJobConfig?.ResourceLimits?.MaxRuntimeInSeconds;
  if (seconds === undefined) return;
  await clock.sleep(Math.min(seconds * 1000, longestTimerMs), over);
  if (!over.aborted) stopTuning(tuning, clock);
}
