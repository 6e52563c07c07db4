import type { RunRecord } from '../../records/record.ts';
import { getNextDelayMs } from '../../time/wait.ts';
import { hasEnded, type TrainingJob } from '../../training/ports.ts';
import { createLook } from '../jobs/look.ts';
import { cancelledError } from './cancel.ts';
import type { TrainDeps } from './deps.ts';
import type { LogFollower } from '../../training/settling/follow-log.ts';
import { createProgress } from './progress.ts';

type WatchDeps = Pick<TrainDeps, 'jobs' | 'clock' | 'log' | 'signal'>;

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
  const look = createLook(record.name, () => deps.jobs.describe(record.name), deps.clock);
  for (;;) {
    if (deps.signal.aborted) throw cancelledError();
    const job = await look();
    const now = deps.clock.now();
    if (job) {
      await follower.poll();
      progress(job, now, follower.lastMetrics());
      if (hasEnded(job) || (until === 'running' && job.trainingStarted)) return job;
    }
    await deps.clock.sleep(getNextDelayMs(now.getTime() - started), deps.signal);
  }
}
