import type { Problem } from '../action-error.ts';
import type { Price, Utilisation } from '../records/record.ts';
import type { TuneSpec } from '../spec/spec.ts';
import type { RecordedMachine } from './ec2/job-state.ts';

/** A training job as we ask for it. The adapter turns it into the service's request. */
export interface TrainingJobRequest {
  readonly name: string;
  readonly image: string;
  /** Command and arguments of every host, e.g. ['python3', '/opt/ml/input/data/code/launcher.py'], ['train.py']. */
  readonly entrypoint: readonly string[];
  readonly arguments: readonly string[];
  readonly roleArn: string;
  readonly channels: readonly { readonly name: string; readonly s3Uri: string }[];
  readonly outputS3Uri: string;
  readonly checkpointS3Uri?: string;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly volumeGb: number;
  readonly maxRuntimeSeconds: number;
  /** Present for spot: run time plus the time to wait for capacity. */
  readonly maxWaitSeconds?: number;
  readonly keepAliveSeconds?: number;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly metrics: readonly { readonly name: string; readonly regex: string }[];
  readonly network: {
    readonly subnets: readonly string[];
    readonly securityGroups: readonly string[];
    readonly isolation: boolean;
  };
  readonly kmsKey?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `request.training-job` of the spec: members merged over the service's own request. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

export interface TrainingJob {
  readonly name: string;
  readonly arn: string;
  readonly status: 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped' | 'Deleting';
  readonly secondaryStatus: string;
  readonly failureReason?: string;
  readonly created: Date;
  readonly trainingStarted?: Date;
  readonly trainingEnded?: Date;
  readonly transitions: readonly {
    readonly status: string;
    readonly start: Date;
    readonly end?: Date;
    readonly message?: string;
  }[];
  readonly trainingSeconds?: number;
  readonly billableSeconds?: number;
  /** Seconds the warm pool of this job was retained and billed (WarmPoolStatus), once known. */
  readonly warmPoolSeconds?: number;
  readonly instanceType: string;
  readonly instanceCount: number;
  /** Last value of each metric. */
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly at?: Date }[];
  readonly model?: string;
  /** Of a run on EC2: every machine that is known of, in order, and what the last one says it has. */
  readonly ec2?: { readonly machines: readonly RecordedMachine[]; readonly vcpus?: number; readonly gpus?: number };
  /** Of a machine that ended without a last word: the end of its console. */
  readonly lastWords?: readonly string[];
}

export function hasEnded({ status }: Pick<TrainingJob, 'status'>): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Stopped' || status === 'Deleting';
}

export interface TrainingJobs {
  /** Problems of a request that can be known without sending it: overrides that the service's model does not have. */
  check(request: TrainingJobRequest): Problem[];
  /** `exists`: a job of that name is there already (also after a lost answer and a retry). Refusals are ActionErrors. */
  start(request: TrainingJobRequest): Promise<{ outcome: 'started'; arn: string } | { outcome: 'exists' }>;
  describe(name: string): Promise<TrainingJob | undefined>;
  tags(arn: string): Promise<Record<string, string>>;
  /** Idempotent. `ended`: it was over before. */
  stop(name: string): Promise<'requested' | 'ended' | 'missing'>;
}

export interface LogLine {
  /** algo-1, algo-2, … */
  readonly host: string;
  readonly at: Date;
  readonly text: string;
}

/** New lines of all hosts of one job since the last call. Never throws for throttles or streams that do not exist yet. */
interface JobLogReader {
  next(): Promise<LogLine[]>;
}

export interface JobLogs {
  open(jobName: string): JobLogReader;
}

export interface JobUtilisation {
  /**
   * CPU (per cent of the declared vCPUs) and memory of every host between two instants. Waits, at most `patienceSeconds`,
   * until the series reaches `until`; says how far it came. Seconds in the series count from `from`.
   */
  read(job: {
    name: string;
    hosts: number;
    vcpus: number | undefined;
    from: Date;
    until: Date;
    patienceSeconds: number;
    /** When each machine of an interrupted run on EC2 began to train; the first is `from`. */
    trainingStarts?: readonly Date[];
  }): Promise<Utilisation>;
}

export interface Prices {
  /** On-demand USD per instance-hour for training. Never throws: what cannot be known is `unknown`, with the reason. */
  training(instanceType: string, region: string): Promise<Price>;
}

export interface Identity {
  /** Who the credentials are. Account 000000000000 is the local cloud's, which AWS never gives out. */
  whoAmI(): Promise<{ account: string; arn: string }>;
}

/**
 * A trial of a search. The service's tuning knows no ContainerEntrypoint: a trial runs the image's own script mode, which finds the
 * code by the hyperparameters `sagemaker_submit_directory` and `sagemaker_program`.
 */
export interface TrialRequest extends Omit<
  TrainingJobRequest,
  'name' | 'tags' | 'overrides' | 'maxWaitSeconds' | 'keepAliveSeconds' | 'checkpointS3Uri' | 'entrypoint' | 'arguments'
> {
  /**
   * Path of code.tar.gz on the machine, where the channel `code` brings it (a container without a network cannot fetch it from S3),
   * and of the script in it.
   */
  readonly script: { readonly archive: string; readonly entryPoint: string };
}

/** A hyperparameter tuning job as we ask for it. The adapter turns it into the service's request. */
export interface TuningJobRequest {
  /** At most 32 characters. */
  readonly name: string;
  readonly objective: { readonly goal: 'minimize' | 'maximize'; readonly metric: string };
  readonly strategy: TuneSpec['strategy'];
  readonly ranges: TuneSpec['ranges'];
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly earlyStopping: boolean;
  /** Names of the tuning jobs whose results it begins with, at most 5; their data and code may differ (TransferLearning). */
  readonly warmStart: readonly string[];
  /** What every trial is: its hyperparameters are those that are not varied. */
  readonly trial: TrialRequest;
  /** Seconds after which the service ends the whole search, whoever watches it. */
  readonly maxSearchSeconds?: number;
  /** Of the tuning job; the service copies them to its trials. */
  readonly tags: Readonly<Record<string, string>>;
  /** `request.tuning-job` of the spec: members merged over the service's own request. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

export interface TuningJob {
  readonly name: string;
  readonly arn: string;
  readonly status: 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped' | 'Deleting';
  readonly failureReason?: string;
  readonly created: Date;
  readonly ended?: Date;
  readonly counts: { readonly completed: number; readonly inProgress: number; readonly failed: number; readonly stopped: number };
  /** Name of the best training job by the service's own word. */
  readonly best?: string;
}

/** A training job of a search, as the service tells it. */
export interface TuningTrial {
  readonly name: string;
  /** The values that were varied, without the quotes that the service puts around texts. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Final value of the objective metric. */
  readonly objective?: number;
  readonly job: TrainingJob;
}

export interface TuningJobs {
  /** Problems of a request that can be known without sending it. */
  check(request: TuningJobRequest): Problem[];
  /** `exists`: a job of that name is there already (also after a lost answer and a retry). Refusals are ActionErrors. */
  start(request: TuningJobRequest): Promise<{ outcome: 'started'; arn: string } | { outcome: 'exists' }>;
  describe(name: string): Promise<TuningJob | undefined>;
  tags(arn: string): Promise<Record<string, string>>;
  /** Idempotent. `ended`: it was over before. The service stops its trials, too. */
  stop(name: string): Promise<'requested' | 'ended' | 'missing'>;
  /**
   * All trials in the order of their creation, over all pages.
   * @param known trials that had ended when they were read; they are given back as they are, without another call
   */
  trials(name: string, known: ReadonlyMap<string, TuningTrial>): Promise<TuningTrial[]>;
}
