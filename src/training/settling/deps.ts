import type { RecordStore } from '../../records/store.ts';
import type { Log } from '../../runner/ports.ts';
import type { Clock } from '../../time/clock.ts';
import type { JobLogs, JobUtilisation, TrainingJobs } from '../ports.ts';

/** What bringing a record to what became of its job needs: everything is read, and the record alone is written. */
export interface SettleDeps {
  readonly jobs: Pick<TrainingJobs, 'describe'>;
  readonly logs: JobLogs;
  readonly utilisation: JobUtilisation;
  readonly records: Pick<RecordStore, 'write'>;
  readonly log: Log;
  readonly clock: Clock;
}
