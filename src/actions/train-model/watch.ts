import { ActionError } from '../../action-error.ts';
import type { RunRecord } from '../../records/record.ts';
import { getNextDelayMs } from '../../time/wait.ts';
import { hasEnded, type TrainingJob } from '../../training/ports.ts';
import { cancelledError } from './cancel.ts';
import type { TrainDeps } from './deps.ts';
import type { LogFollower } from '../../training/settling/follow-log.ts';
import { createProgress } from './progress.ts';

type WatchDeps = Pick<TrainDeps, 'jobs' | 'clock' | 'log' | 'signal'>;

/** A job keeps running when nobody can look at it for a while; after this long the step gives up and stops it. */
const maxBlindMs = 5 * 60_000;

/**
 * Looks at a job until it has ended, or with `until: 'running'` until its instances run, and shows its log meanwhile.
 * A job that cannot be seen yet (reads lag behind writes) and calls that fail for a while are borne for five minutes.
 */
export async function watchJob(
  record: RunRecord,
  until: 'running' | 'ended',
  follower: LogFollower,
  deps: WatchDeps,
): Promise<TrainingJob> {
  const progress = createProgress(record, deps.log);
  const started = deps.clock.now().getTime();
  let seenAt = started;
  for (;;) {
    if (deps.signal.aborted) throw cancelledError();
    const job = await look(record.name, deps, seenAt);
    const now = deps.clock.now();
    if (job) {
      seenAt = now.getTime();
      await follower.poll();
      progress(job, now, follower.lastMetrics());
      if (hasEnded(job) || (until === 'running' && job.trainingStarted)) return job;
    }
    await deps.clock.sleep(getNextDelayMs(now.getTime() - started), deps.signal);
  }
}

/** The job, or undefined while it cannot be seen for a reason that may pass. */
async function look(name: string, deps: WatchDeps, seenAt: number): Promise<TrainingJob | undefined> {
  let cause: unknown;
  try {
    const job = await deps.jobs.describe(name);
    if (job) return job;
  } catch (error) {
    if (!(error instanceof ActionError) || error.kind !== 'aws') throw error;
    cause = error;
  }
  if (deps.clock.now().getTime() - seenAt < maxBlindMs) return undefined;
  throw new ActionError({
    kind: 'aws',
    message: `${name} could not be seen for five minutes${cause instanceof Error ? `: ${cause.message}` : '; it does not exist any more'}.`,
    fix: 'Look at it in the AWS console; the post step of this action asks it to stop.',
    cause,
  });
}
