import type { RecordStore } from '../../records/store.ts';
import type { Log } from '../../runner/ports.ts';
import type { Clock } from '../../time/clock.ts';
import type { VolumePrice } from '../ec2/ports.ts';
import type { JobLogs, JobUtilisation, TrainingJobs } from '../ports.ts';

/** Where the jobs of EC2 are looked at, and what their volumes cost. */
export interface Ec2Settling {
  readonly jobs: Pick<TrainingJobs, 'describe'>;
  readonly logs: JobLogs;
  readonly utilisation: JobUtilisation;
  readonly volumePrice: () => Promise<VolumePrice>;
}

/** What bringing a record to what became of its job needs: everything is read, and the record alone is written. */
export interface SettleDeps {
  readonly jobs: Pick<TrainingJobs, 'describe'>;
  readonly logs: JobLogs;
  readonly utilisation: JobUtilisation;
  readonly records: Pick<RecordStore, 'write'>;
  /** The same of runs on EC2; where it is absent, their records stay as they are. */
  readonly ec2?: Ec2Settling;
  readonly log: Log;
  readonly clock: Clock;
}
