import { isFinal } from '../../records/record.ts';
import type { Log } from '../../runner/ports.ts';
import type { Clock } from '../../time/clock.ts';
import { waitFor } from '../../time/wait-for.ts';
import { hasEnded } from '../../training/ports.ts';
import type { AnyJob, JobRecord, JobsPort } from '../jobs/ports.ts';

/** Jobs of one kind that a pull request may have left running, with the records that name them. */
export interface JobKind<Kept extends JobRecord, Job extends AnyJob> {
  readonly kind: JobRecord['kind'];
  readonly jobs: Pick<JobsPort<never, Job>, 'describe' | 'tags' | 'stop'>;
  readonly records: { listAll(): Promise<Kept[]>; write(record: Kept): Promise<void> };
  /** Brings the record of a job that has ended to its final state, and writes it. */
  readonly finish: (record: Kept, job: Job) => Promise<Kept>;
}

/** `stopping`: it was asked to, and has not been seen to end. */
export type Closed = 'stopped' | 'stopping';

/** A job that may still run. */
export interface OpenJob {
  readonly kind: JobRecord['kind'];
  readonly name: string;
  /** @returns undefined when there was nothing to stop */
  close(options: { readonly dryRun: boolean }): Promise<Closed | undefined>;
}

interface Deps {
  /** owner/name */
  readonly repository: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** SIGTERM, two minutes of grace, and the upload of what there is. */
const endMs = 4 * 60_000;
export const why = 'its pull request was closed';

/** Those whose records are not final. */
export async function findOpenJobs<Kept extends JobRecord, Job extends AnyJob>(
  kind: JobKind<Kept, Job>,
  deps: Deps,
): Promise<OpenJob[]> {
  return (await kind.records.listAll())
    .filter((record) => !isFinal(record.state))
    .map((record) => ({
      kind: kind.kind,
      name: record.name,
      close: ({ dryRun }) => closeJob(record, kind, dryRun, deps),
    }));
}

async function closeJob<Kept extends JobRecord, Job extends AnyJob>(
  record: Kept,
  { jobs, finish, ...kind }: JobKind<Kept, Job>,
  dryRun: boolean,
  deps: Deps,
): Promise<Closed | undefined> {
  const job = await jobs.describe(record.name);
  if (!job) return undefined;
  if (hasEnded(job)) {
    if (!dryRun) await finish(record, job);
    return undefined;
  }
  const { log, clock, repository } = deps;
  // A record lies where every run of a pull request may write: the job itself must say whose it is.
  if ((await jobs.tags(job.arn))['trainyard:repo'] !== repository) {
    log.warning(`${record.name} is not a job of this repository by its tags; it was left alone.`);
    return undefined;
  }
  log.info(`${dryRun ? 'Would stop' : 'Stopping'} the ${nounOf(kind)} ${record.name}: ${why}.`);
  if (dryRun) return 'stopped';
  const at = clock.now().toISOString();
  const requested: Kept = {
    ...record,
    state: { status: 'stop-requested', at, why },
    times: { ...record.times, updated: at },
  };
  await jobs.stop(record.name);
  await kind.records.write(requested);
  return awaitEnd(requested, { jobs, finish, ...kind }, deps);
}

async function awaitEnd<Kept extends JobRecord, Job extends AnyJob>(
  record: Kept,
  { jobs, finish, ...kind }: JobKind<Kept, Job>,
  { log, clock }: Deps,
): Promise<Closed> {
  const waited = await waitFor<Job | undefined, Job>({
    look: () => jobs.describe(record.name),
    judge: (job) => (job && hasEnded(job) ? job : undefined),
    limitMs: endMs,
    clock,
  });
  if (waited.outcome !== 'reached') {
    log.warning(
      `The ${nounOf(kind)} ${record.name} has not been seen to end: a stop is requested. It is billed until it ends.`,
      'Not yet confirmed',
    );
    return 'stopping';
  }
  const { state } = await finish(record, waited.result);
  log.info(`The ${nounOf(kind)} ${record.name} ended: ${state.status}.`);
  return 'stopped';
}

/** `training job` */
export const nounOf = ({ kind }: { readonly kind: JobRecord['kind'] }): string => kind.replace('-', ' ');
