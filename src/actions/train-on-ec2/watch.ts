import type { RunRecord } from '../../records/record.ts';
import { getNextDelayMs } from '../../time/wait.ts';
import { ending } from '../../training/ec2/job-state.ts';
import { hasEnded, type TrainingJob } from '../../training/ports.ts';
import type { LogFollower } from '../../training/settling/follow-log.ts';
import { createLook } from '../jobs/look.ts';
import { cancelledError } from '../train-model/cancel.ts';
import type { Ec2Deps } from './deps.ts';
import { createProgress } from './progress.ts';

/**
 * Looks at a run until its machine has ended, or with `until: 'running'` until it trains, and shows its log meanwhile. A machine that
 * has said its last word is ended from here, too: it bills until EC2 says that it shuts down.
 */
export async function watchMachine(
  record: RunRecord,
  until: 'running' | 'ended',
  follower: LogFollower,
  deps: Pick<Ec2Deps, 'jobs' | 'clock' | 'log' | 'signal'>,
): Promise<TrainingJob> {
  const progress = createProgress(record, deps.log);
  const started = deps.clock.now().getTime();
  const look = createLook(record.name, () => deps.jobs.describe(record.name), deps.clock);
  let asked = false;
  for (;;) {
    if (deps.signal.aborted) throw cancelledError();
    const job = await look();
    const now = deps.clock.now();
    if (job) {
      await follower.poll();
      progress(job, now, follower.lastMetrics());
      if (hasEnded(job) || (until === 'running' && job.trainingStarted)) return job;
      if (job.secondaryStatus === ending && !asked) {
        asked = true;
        await deps.jobs.stop(record.name);
        continue;
      }
    }
    await deps.clock.sleep(getNextDelayMs(now.getTime() - started), deps.signal);
  }
}
