import type { RunRecord } from '../../records/record.ts';
import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import type { JobLogs, TrainingJob, TrainingJobs, TuningJob, TuningJobs } from '../../training/ports.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import { finishRecord } from '../../training/settling/finish.ts';
import { settleSearch } from '../tune-model/finish.ts';
import type { Ec2Side } from '../wire-ec2.ts';
import type { JobKind } from './close-job.ts';

type Metrics = Readonly<Record<string, string>>;

interface RunDeps extends SettleDeps {
  readonly jobs: Pick<TrainingJobs, 'describe' | 'stop' | 'tags'>;
  readonly records: Pick<RecordStore, 'listAll' | 'write'>;
}

const patience = { metricsSeconds: 10, logSeconds: 5 };

/** Runs on SageMaker. */
export function createRunKind(metrics: Metrics, deps: RunDeps): JobKind<RunRecord, TrainingJob> {
  return createKind(metrics, deps, ({ on }) => on !== 'ec2');
}

/** Runs on EC2, whose machines end. */
export function createMachineRunKind(
  metrics: Metrics,
  deps: RunDeps & { readonly ec2: Ec2Side },
): JobKind<RunRecord, TrainingJob> {
  return createKind(metrics, { ...deps, ...deps.ec2 }, ({ on }) => on === 'ec2');
}

function createKind(metrics: Metrics, deps: RunDeps, isOfKind: (record: RunRecord) => boolean): JobKind<RunRecord, TrainingJob> {
  const { jobs } = deps;
  const records = {
    write: deps.records.write,
    listAll: async () => (await deps.records.listAll()).filter(isOfKind),
  };
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
