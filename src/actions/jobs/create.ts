import { ActionError } from '../../action-error.ts';
import type { ActiveJobs } from './active.ts';
import type { AnyJob, JobDeps, JobRecord } from './ports.ts';
import { checkOurs } from './resolve.ts';

/** `unavailable`: this instance type cannot be had now; nothing was created. */
export type Creation<Kept extends JobRecord> =
  | { readonly outcome: 'submitted'; readonly record: Kept }
  | { readonly outcome: 'unavailable'; readonly error: ActionError };

/** Kinds of refusals after which a job surely does not exist. */
const refusals: ReadonlySet<string> = new Set([
  'input',
  'configuration',
  'permission',
  'budget',
  'quota',
  'capacity',
  'conflict',
]);

const visibleWithinMs = 60_000;
const lostAnswerMs = 15_000;

/**
 * Creates one job: the planned record is written before the call, so nothing exists that no record names. A lost answer and a
 * name that is taken both end at the job that is there, when its tags say that it is ours.
 * @throws ActionError when AWS refuses; the record then says so
 */
export async function createJob<Kept extends JobRecord, Request, Job extends AnyJob>(
  planned: Kept,
  request: Request,
  active: ActiveJobs<Kept>,
  deps: JobDeps<Kept, Request, Job>,
): Promise<Creation<Kept>> {
  await deps.records.write(planned);
  const started = deps.jobs.start(request);
  active.add(planned, started);
  try {
    const answer = await started;
    const arn = answer.outcome === 'started' ? answer.arn : await readArn(planned.name, deps);
    return { outcome: 'submitted', record: await submit(planned, arn, active, deps) };
  } catch (error) {
    if (deps.signal.aborted) throw error;
    if (!isRefusal(error)) {
      const job = await findJob(planned.name, lostAnswerMs, deps);
      if (job) return { outcome: 'submitted', record: await adopt(planned, job, active, deps) };
      // Should the call still take effect, its job is stopped by the post step, which finds this record unfinished.
      await active.stop(planned.name, 'the answer to its creation was lost');
      throw error;
    }
    active.remove(planned.name);
    if (error.kind === 'quota' || error.kind === 'capacity') return { outcome: 'unavailable', error };
    await refuse(planned, error, deps);
    throw error;
  }
}

/** Writes down that the create call was refused: nothing exists and nothing was spent. */
export async function refuse<Kept extends JobRecord>(
  planned: Kept,
  error: ActionError,
  deps: Pick<JobDeps<Kept, never, AnyJob>, 'records' | 'clock'>,
): Promise<void> {
  const updated = deps.clock.now().toISOString();
  await deps.records.write({
    ...planned,
    state: { status: 'refused', reason: error.message },
    times: { ...planned.times, updated },
    costUsd: 0,
  });
}

function isRefusal(error: unknown): error is ActionError {
  return error instanceof ActionError && refusals.has(error.kind);
}

async function submit<Kept extends JobRecord>(
  planned: Kept,
  arn: string,
  active: ActiveJobs<Kept>,
  deps: Pick<JobDeps<Kept, never, AnyJob>, 'records' | 'clock'>,
): Promise<Kept> {
  const updated = deps.clock.now().toISOString();
  const record: Kept = { ...planned, arn, state: { status: 'submitted' }, times: { ...planned.times, updated } };
  active.update(record);
  await deps.records.write(record);
  return record;
}

async function adopt<Kept extends JobRecord, Request, Job extends AnyJob>(
  planned: Kept,
  job: Job,
  active: ActiveJobs<Kept>,
  deps: JobDeps<Kept, Request, Job>,
): Promise<Kept> {
  await checkOurs(job, deps.jobs, deps.context);
  return submit(planned, job.arn, active, deps);
}

/** ARN of a job that exists under our name, once it can be seen and when it is ours. */
async function readArn<Kept extends JobRecord, Request, Job extends AnyJob>(
  name: string,
  deps: JobDeps<Kept, Request, Job>,
): Promise<string> {
  const job = await findJob(name, visibleWithinMs, deps);
  if (!job) {
    throw new ActionError({
      kind: 'aws',
      message: `AWS says that ${name} exists already, and does not show it.`,
      fix: 'Re-run this workflow: the job is attached to as soon as it can be seen.',
    });
  }
  await checkOurs(job, deps.jobs, deps.context);
  deps.log.info(`${name} exists already and is ours; attached to it.`);
  return job.arn;
}

/** The job, waiting for it to be seen: reads may lag behind writes. */
async function findJob<Kept extends JobRecord, Request, Job extends AnyJob>(
  name: string,
  withinMs: number,
  deps: JobDeps<Kept, Request, Job>,
): Promise<Job | undefined> {
  const deadline = deps.clock.now().getTime() + withinMs;
  for (;;) {
    const job = await deps.jobs.describe(name);
    if (job || deps.signal.aborted || deps.clock.now().getTime() >= deadline) return job;
    await deps.clock.sleep(1_000, deps.signal);
  }
}
