/**
 * trainyard.yml after reading: overlays applied, defaults filled in, durations in seconds, every list a list.
 * `schema.ts` says what may be written; this says what the program works with.
 */
export interface Spec {
  /** Path of the file as given, for messages. */
  readonly path: string;
  readonly environmentName?: string;
  /** `[a-z][a-z0-9-]{0,19}`: prefix of everything that is created. */
  readonly name: string;
  readonly region?: string;
  readonly bucket?: string;
  readonly roles: { readonly training?: string; readonly serving?: string; readonly lambda?: string; readonly ec2?: string };
  readonly network: {
    readonly subnets: readonly string[];
    readonly securityGroups: readonly string[];
    readonly isolation: boolean;
  };
  readonly kmsKey?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Environment variables of the training container. */
  readonly environment: Readonly<Record<string, string>>;
  readonly volumeGb: number;
  readonly code?: { readonly directory: string; readonly entryPoint: string };
  /** Short name or full URI, as written. */
  readonly image?: string;
  readonly data: Readonly<Record<string, DataChannel>>;
  /** Names and values verbatim: `0.10` stays "0.10". */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Metric name → regular expression with one group. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly tune?: TuneSpec;
  readonly train?: { readonly maxRuntimeSeconds: number; readonly runs: Readonly<Record<string, TrainRun>> };
  readonly budget: { readonly perRunUsd?: number; readonly perPullRequestUsd?: number; readonly endpointPerMonthUsd?: number };
  readonly serve?: ServeSpec;
  readonly scaling?: ScalingSpec;
  readonly smoke: readonly SmokeCase[];
  /** Members merged over the service's requests, e.g. `training-job`. */
  readonly request: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Line of each key, by its dotted path, for messages that come after reading. */
  readonly lines: Readonly<Record<string, number>>;
}

export type DataSource =
  | { readonly kind: 'https'; readonly url: string }
  | { readonly kind: 's3'; readonly uri: string }
  | { readonly kind: 'folder'; readonly path: string };

export interface DataChannel {
  readonly from: DataSource;
  /** s3:// prefix the data is staged to; absent for an S3 source, which is used where it is, and for a folder, which is uploaded by content. */
  readonly to?: string;
}

export interface TrainRun {
  readonly on: 'sagemaker' | 'ec2';
  /** In order of preference. */
  readonly instanceTypes: readonly [string, ...string[]];
  readonly instanceCount: number;
  readonly volumeGb?: number;
  readonly maxRuntimeSeconds?: number;
  readonly spot: boolean;
  readonly maxWaitSeconds?: number;
  readonly keepAliveSeconds?: number;
  readonly hyperparameters: Readonly<Record<string, string>>;
}

export type Range =
  | {
      readonly kind: 'continuous' | 'integer';
      readonly min: number;
      readonly max: number;
      readonly scale: 'auto' | 'linear' | 'log' | 'reverse-log';
    }
  | { readonly kind: 'categorical'; readonly values: readonly string[] };

export interface TuneSpec {
  readonly objective: { readonly goal: 'minimize' | 'maximize'; readonly metric: string };
  readonly strategy: 'bayesian' | 'random' | 'grid' | 'hyperband';
  readonly ranges: Readonly<Record<string, Range>>;
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly maxRuntimeSeconds: number;
  readonly earlyStopping: boolean;
  readonly warmStart: 'none' | 'main';
}

export interface ServeSpec {
  readonly entryPoint: string;
  readonly image: string;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly strategy: 'alias' | 'in-place';
  readonly environment: Readonly<Record<string, string>>;
  readonly lambda: { readonly memoryMb: number; readonly timeoutSeconds: number };
  readonly candidateTtlSeconds: number;
  readonly keepPreviousSeconds: number;
  /** How the stable endpoint goes from one release to the next (`in-place`). */
  readonly rollout: RolloutSpec;
}

export type RolloutSpec =
  | { readonly kind: 'all-at-once'; readonly waitSeconds: number; readonly alarms: readonly string[] }
  | {
      readonly kind: 'canary' | 'linear' | 'rolling';
      /** Share of the machines that a step moves. */
      readonly percent: number;
      /** Time a step is watched before the next. */
      readonly waitSeconds: number;
      /** Names of CloudWatch alarms; one that fires takes the update back. */
      readonly alarms: readonly string[];
    };

export interface ScalingSpec {
  readonly endpoint?: {
    readonly min: number;
    readonly max: number;
    readonly invocationsPerMinute: number;
    readonly scaleInCooldownSeconds: number;
    readonly scaleOutCooldownSeconds: number;
  };
  readonly lambda?: { readonly provisioned?: number; readonly reserved?: number };
}

export interface SmokeCase {
  readonly name: string;
  readonly event: { readonly file: string } | { readonly url: string } | { readonly json: unknown };
  readonly expect: {
    readonly status?: number;
    readonly shape?: readonly number[];
    readonly withinSeconds?: number;
    readonly argMax?: number;
    readonly json?: Readonly<Record<string, unknown>>;
    readonly golden?: { readonly file: string; readonly tolerance: number };
  };
  readonly repeat: number;
  readonly concurrency: number;
}
