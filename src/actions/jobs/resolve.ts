import { ActionError } from '../../action-error.ts';
import type { RunContext } from '../../records/context.ts';
import { getJobName, isOurs } from '../../training/identity.ts';
import { getNextDelayMs } from '../../time/wait.ts';
import type { AnyJob, JobDeps, JobRecord } from './ports.ts';

/** What a re-run finds of its run. `ended` are jobs that were passed over because they failed or were stopped. */
export type Resolution<Job extends AnyJob> =
  | { readonly kind: 'launch'; readonly attempt: number; readonly ended: readonly Job[] }
  | { readonly kind: 'attach'; readonly job: Job; readonly ended: readonly Job[] };

type ResolveDeps<Job extends AnyJob> = Pick<JobDeps<JobRecord, never, Job>, 'jobs' | 'clock' | 'log' | 'signal' | 'context'>;

const maxAttempts = 50;
const maxStoppingMs = 15 * 60_000;

/**
 * Looks for jobs of this run, name by name: in progress or completed → attach; stopping → wait for its end, then the next
 * suffix; failed or stopped → the next suffix; a job of that name without our tags → refuse.
 */
export async function resolveRun<Job extends AnyJob>(baseName: string, deps: ResolveDeps<Job>): Promise<Resolution<Job>> {
  const ended: Job[] = [];
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const name = getJobName(baseName, attempt);
    const found = await deps.jobs.describe(name);
    if (!found) return { kind: 'launch', attempt, ended };
    await checkOurs(found, deps.jobs, deps.context);
    const job = found.status === 'Stopping' ? await waitWhileStopping(found, deps) : found;
    if (job?.status === 'InProgress' || job?.status === 'Completed') return { kind: 'attach', job, ended };
    if (job) ended.push(job);
  }
  throw new ActionError({
    kind: 'conflict',
    message: `All ${maxAttempts} names of ${baseName} are taken by jobs that failed or were stopped.`,
    fix: 'Start a new workflow run instead of re-running this one.',
  });
}

/** @throws ActionError when the job's tags do not say that this workflow run made it */
export async function checkOurs(
  job: AnyJob,
  jobs: Pick<JobDeps<JobRecord, never, AnyJob>['jobs'], 'tags'>,
  context: RunContext,
): Promise<void> {
  if (isOurs(await jobs.tags(job.arn), context)) return;
  throw new ActionError({
    kind: 'conflict',
    message: `There is a job ${job.name} already, and its tags do not say that this workflow run made it. It was left alone.`,
    fix: 'Rename the model or the run in trainyard.yml, or delete that job if nobody needs it.',
  });
}

async function waitWhileStopping<Job extends AnyJob>(job: Job, deps: ResolveDeps<Job>): Promise<Job | undefined> {
  deps.log.info(`${job.name} of an earlier attempt is stopping; waiting for its end.`);
  const since = deps.clock.now().getTime();
  for (let elapsed = 0; elapsed < maxStoppingMs && !deps.signal.aborted; elapsed = deps.clock.now().getTime() - since) {
    await deps.clock.sleep(getNextDelayMs(elapsed), deps.signal);
    const now = await deps.jobs.describe(job.name);
    if (now?.status !== 'Stopping') return now;
  }
  throw new ActionError({
    kind: 'aws',
    message: `${job.name} has been stopping for ${maxStoppingMs / 60_000} minutes.`,
    fix: 'Look at it in the AWS console, and re-run this workflow when it has stopped.',
  });
}
