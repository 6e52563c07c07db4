import type { RunContext, Zone } from '../../records/context.ts';
import type { StreamingObjectStore } from '../../records/ports.ts';
import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type { Spec } from '../../spec/spec.ts';
import type { StageRequest } from '../../staging/stage.ts';
import type { Clock } from '../../time/clock.ts';
import type { Identity, JobLogs, JobUtilisation, Prices, TrainingJobs } from '../../training/ports.ts';
import type { Workspace } from '../../workspace/ports.ts';
import type { JobPlace } from '../jobs/place.ts';

/** What ending a job needs: main and post have it. */
export interface EndDeps {
  readonly jobs: TrainingJobs;
  readonly logs: JobLogs;
  readonly utilisation: JobUtilisation;
  readonly records: RecordStore;
  readonly log: Log;
  readonly clock: Clock;
}

/** What training needs beside that. */
export interface TrainDeps extends EndDeps {
  readonly context: RunContext;
  readonly zone: Zone;
  readonly identity: Identity;
  readonly prices: Prices;
  /** Searches of the same zone: their best values are trained with, and they spend from the same budget. */
  readonly tuningRecords: Pick<TuningStore, 'readRun' | 'listAll'>;
  readonly objects: StreamingObjectStore;
  /** Brings the data of one channel to S3; what is there already stays. */
  readonly stage: (request: Pick<StageRequest, 'name' | 'from' | 'to'>) => Promise<unknown>;
  readonly workspace: Workspace;
  readonly step: StepResult;
  /** Aborts when GitHub cancels the job. */
  readonly signal: AbortSignal;
  /** Path of `training/launcher/launcher.py`. */
  readonly launcher: string;
  /** Reads a text file of this product or of the workspace. */
  readonly readText: (path: string) => Promise<string>;
}

/** What is asked of this step, read from inputs and spec. */
export interface Settings extends JobPlace {
  readonly spec: Spec;
  /** Labels of `train.runs` to train, all of them `on: sagemaker`. */
  readonly labels: readonly string[];
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly maxCostUsd: number | undefined;
  readonly allowUnknownPrice: boolean;
  readonly force: boolean;
  readonly wait: boolean;
}
