import { hasEnded } from '../../training/ports.ts';
import { type AnyJob, type JobDeps, type JobRecord, type JobsPort, labelOf } from './ports.ts';

/** `post` may take five minutes in all; the end of a job is waited for this long. */
const maxWaitMs = 90_000;
/** A create call that was on its way when main was killed shows its job by then. */
const unseenMs = 10_000;
const lookMs = 1_000;
const why = 'the workflow was cancelled';

/** What ending a job needs. */
interface EndDeps<Kept extends JobRecord, Job extends AnyJob> extends Pick<
  JobDeps<Kept, never, Job>,
  'records' | 'log' | 'clock'
> {
  readonly jobs: Pick<JobsPort<never, Job>, 'describe' | 'stop'>;
  /** Brings the record of a job that has ended to its final state and writes it. */
  readonly finish: (record: Kept, job: Job) => Promise<Kept>;
  /** The record of a job that was planned and never came into being. */
  readonly neverCreated: (record: Kept, why: string, now: Date) => Kept;
}

/** Asks every one of these jobs to stop, waits for its end, and brings its record to it. What goes wrong with one is a warning. */
export async function endJobs<Kept extends JobRecord, Job extends AnyJob>(
  records: readonly Kept[],
  deps: EndDeps<Kept, Job>,
): Promise<void> {
  await Promise.all(
    records.map(async (record) => {
      try {
        await endOne(record, deps);
      } catch (error) {
        deps.log.warning(`${record.name} could not be brought to an end: ${describe(error)}`, 'Look at this job in AWS');
      }
    }),
  );
}

async function endOne<Kept extends JobRecord, Job extends AnyJob>(first: Kept, deps: EndDeps<Kept, Job>): Promise<void> {
  let record = first;
  // Only a plan may turn out to be nothing: everything else was seen or answered for.
  let exists = first.state.status !== 'planned';
  const start = deps.clock.now().getTime();
  for (;;) {
    const job = await look(record.name, deps);
    const waited = deps.clock.now().getTime() - start;
    if (job && hasEnded(job)) return finish(record, job, deps);
    if (job === undefined && !exists && waited >= unseenMs) return forget(record, deps);
    if (waited >= maxWaitMs) break;
    const answer = job?.status === 'Stopping' ? 'requested' : await requestStop(record, deps);
    exists ||= answer !== 'missing';
    if (answer === 'requested') record = await writeRequest(record, deps);
    await deps.clock.sleep(lookMs);
  }
  const since = record.state.status === 'stop-requested' ? ` since ${record.state.at}` : '';
  deps.log.warning(
    `${record.name} has not been seen to end: a stop is requested${since}. It is billed until it ends, and ends by itself after max-runtime.`,
    'Not yet confirmed',
  );
}

/** The job, undefined when there is none, null when that cannot be told now. */
async function look<Kept extends JobRecord, Job extends AnyJob>(
  name: string,
  deps: EndDeps<Kept, Job>,
): Promise<Job | undefined | null> {
  try {
    return await deps.jobs.describe(name);
  } catch (error) {
    deps.log.warning(`${name} cannot be seen now: ${describe(error)}`);
    return null;
  }
}

/** Asks again on every look: the first request may have come before the job did. */
async function requestStop<Kept extends JobRecord, Job extends AnyJob>(
  record: Kept,
  deps: EndDeps<Kept, Job>,
): Promise<'requested' | 'ended' | 'missing'> {
  try {
    return await deps.jobs.stop(record.name);
  } catch (error) {
    deps.log.warning(`${record.name} could not be asked to stop: ${describe(error)}`);
    return 'missing';
  }
}

async function writeRequest<Kept extends JobRecord, Job extends AnyJob>(record: Kept, deps: EndDeps<Kept, Job>): Promise<Kept> {
  if (record.state.status === 'stop-requested') return record;
  const at = deps.clock.now().toISOString();
  const requested: Kept = {
    ...record,
    state: { status: 'stop-requested', at, why },
    times: { ...record.times, updated: at },
  };
  await deps.records.write(requested);
  deps.log.info(`${labelOf(record)}: stop of ${record.name} requested.`);
  return requested;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function finish<Kept extends JobRecord, Job extends AnyJob>(
  record: Kept,
  job: Job,
  deps: EndDeps<Kept, Job>,
): Promise<void> {
  const settled = await deps.finish(record, job);
  deps.log.info(`${labelOf(settled)}: ${settled.name} ended: ${settled.state.status}.`);
}

async function forget<Kept extends JobRecord, Job extends AnyJob>(record: Kept, deps: EndDeps<Kept, Job>): Promise<void> {
  await deps.records.write(deps.neverCreated(record, why, deps.clock.now()));
  deps.log.info(`${labelOf(record)}: ${record.name} was never created.`);
}
