import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { PullRequests } from '../../report/ports.ts';
import type { Log } from '../../runner/ports.ts';
import type { Spec, TuneSpec } from '../../spec/spec.ts';
import type { Clock } from '../../time/clock.ts';
import type { JobLogs, TuningJobs } from '../../training/ports.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import type { JobPlace } from '../jobs/place.ts';
import type { EndDeps as TrainEndDeps, TrainDeps } from '../train-model/deps.ts';

/** What ending a search needs: main and post have it. */
export interface EndDeps {
  readonly jobs: TuningJobs;
  readonly logs: JobLogs;
  readonly records: TuningStore;
  readonly log: Log;
  readonly clock: Clock;
}

/** What tuning needs beside that. */
export interface TuneDeps extends EndDeps, Omit<TrainDeps, keyof TrainEndDeps | 'tuningRecords'> {
  /** The training runs of the zone, which spend from the same budget. */
  readonly runs: SettleDeps & { readonly records: Pick<RecordStore, 'write' | 'listAll'> };
  /** Searches of main, which one may begin with. */
  readonly mainRecords: Pick<TuningStore, 'findByCommit'>;
  readonly pullRequests: Pick<PullRequests, 'mergeBase' | 'history'>;
}

/** What is asked of this step, read from inputs and spec. */
export interface Settings extends JobPlace {
  readonly spec: Spec;
  readonly tune: TuneSpec;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly maxCostUsd: number | undefined;
  readonly allowUnknownPrice: boolean;
  readonly force: boolean;
  readonly wait: boolean;
}
