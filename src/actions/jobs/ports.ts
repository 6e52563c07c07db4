import type { RunContext } from '../../records/context.ts';
import type { RunRecord } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import type { Log } from '../../runner/ports.ts';
import type { Clock } from '../../time/clock.ts';
import type { TrainingJob } from '../../training/ports.ts';

/** What a job's life is written down in. */
export type JobRecord = RunRecord | TuningRecord;

/** What training jobs and tuning jobs have in common. */
export type AnyJob = Pick<TrainingJob, 'name' | 'arn' | 'status'>;

/** What a job is for a reader of the log: the label of its run, or the word for a search. */
export function labelOf(record: JobRecord): string {
  return record.kind === 'tuning-job' ? 'tune' : record.label;
}

/** Jobs of one kind, as much of their port as their life from creation to end needs. */
export interface JobsPort<Request, Job extends AnyJob> {
  start(request: Request): Promise<{ outcome: 'started'; arn: string } | { outcome: 'exists' }>;
  describe(name: string): Promise<Job | undefined>;
  tags(arn: string): Promise<Record<string, string>>;
  stop(name: string): Promise<'requested' | 'ended' | 'missing'>;
}

export interface JobDeps<Kept extends JobRecord, Request, Job extends AnyJob> {
  readonly jobs: JobsPort<Request, Job>;
  readonly records: { write(record: Kept): Promise<void> };
  readonly context: RunContext;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}
