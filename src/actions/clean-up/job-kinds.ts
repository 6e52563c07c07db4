import type { RunRecord } from '../../records/record.ts';
import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import type { JobLogs, TrainingJob, TrainingJobs, TuningJob, TuningJobs } from '../../training/ports.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import { finishRecord } from '../../training/settling/finish.ts';
import { settleSearch } from '../tune-model/finish.ts';
import type { JobKind } from './close-job.ts';

type Metrics = Readonly<Record<string, string>>;

interface RunDeps extends SettleDeps {
  readonly jobs: Pick<TrainingJobs, 'describe' | 'stop' | 'tags'>;
  readonly records: Pick<RecordStore, 'listAll' | 'write'>;
}

const patience = { metricsSeconds: 10, logSeconds: 5 };

export function createRunKind(metrics: Metrics, deps: RunDeps): JobKind<RunRecord, TrainingJob> {
  const { jobs, records } = deps;
  return {
    kind: 'training-job',
    jobs,
    records,
    finish: (record, job) => finishRecord(record, job, metrics, patience, deps),
  };
}

interface SearchDeps extends Pick<SettleDeps, 'log' | 'clock'> {
  readonly tuning: TuningJobs;
  readonly logs: JobLogs;
  readonly tuningRecords: TuningStore;
}

/** Searches; the service stops their trials with them. */
export function createSearchKind(metrics: Metrics, deps: SearchDeps): JobKind<TuningRecord, TuningJob> {
  const { tuning: jobs, tuningRecords: records, ...rest } = deps;
  return {
    kind: 'tuning-job',
    jobs,
    records,
    finish: async (record, job) => {
      const settled = await settleSearch(record, job, new Map(), metrics, { ...rest, jobs, records });
      await records.write(settled);
      return settled;
    },
  };
}
