import type { Price } from '../records/record.ts';

/** Models, endpoints and their configurations, as deploying, promoting and sweeping need them. Names are lower case throughout. */
export interface Endpoints {
  describe(name: string): Promise<Endpoint | undefined>;
  /** `exists`: an endpoint of that name is there already (also after a lost answer). */
  create(request: { name: string; configName: string; tags: Tags }): Promise<'created' | 'exists'>;
  update(request: { name: string; configName: string; rollout: Rollout }): Promise<void>;
  /** Instances of the one variant, now. */
  setInstances(name: string, count: number): Promise<void>;
  /** `busy`: it is Creating or Updating, which AWS lets nobody delete; try later. */
  delete(name: string): Promise<'deleted' | 'missing' | 'busy'>;
  /** Every endpoint whose name begins with `prefix`, over all pages. */
  list(prefix: string): Promise<{ name: string; arn: string; status: string; created: Date }[]>;
}

export interface Endpoint {
  readonly name: string;
  readonly arn: string;
  readonly status:
    | 'Creating'
    | 'InService'
    | 'Updating'
    | 'SystemUpdating'
    | 'RollingBack'
    | 'Failed'
    | 'Deleting'
    | 'OutOfService'
    | 'UpdateRollbackFailed';
  readonly configName: string;
  /** A deployment is under way although the status may say InService. */
  readonly pending: boolean;
  readonly failureReason?: string;
  readonly created: Date;
  readonly variant: { readonly name: string; readonly instances: number; readonly desiredInstances: number };
}

export type Rollout =
  | { readonly kind: 'all-at-once'; readonly waitSeconds?: number; readonly alarms?: readonly string[] }
  | { readonly kind: 'canary'; readonly percent: number; readonly waitSeconds: number; readonly alarms: readonly string[] }
  | { readonly kind: 'linear'; readonly percent: number; readonly waitSeconds: number; readonly alarms: readonly string[] }
  | { readonly kind: 'rolling'; readonly percent: number; readonly waitSeconds: number; readonly alarms: readonly string[] };

export type Tags = Readonly<Record<string, string>>;

export interface EndpointConfigs {
  describe(
    name: string,
  ): Promise<
    { name: string; arn: string; modelName: string; instanceType: string; instanceCount: number; created: Date } | undefined
  >;
  create(request: {
    name: string;
    modelName: string;
    variant: string;
    instanceType: string;
    instanceCount: number;
    kmsKey?: string;
    tags: Tags;
  }): Promise<'created' | 'exists'>;
  delete(name: string): Promise<'deleted' | 'missing'>;
  list(prefix: string): Promise<{ name: string; arn: string; created: Date }[]>;
}

export interface Models {
  describe(name: string): Promise<{ name: string; arn: string; image: string; dataUri: string; created: Date } | undefined>;
  create(request: ModelRequest): Promise<'created' | 'exists'>;
  delete(name: string): Promise<'deleted' | 'missing'>;
  list(prefix: string): Promise<{ name: string; arn: string; created: Date }[]>;
}

export interface ModelRequest {
  readonly name: string;
  readonly image: string;
  /** s3:// URI of one model.tar.gz with `code/` in it. */
  readonly dataUri: string;
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly network: {
    readonly subnets: readonly string[];
    readonly securityGroups: readonly string[];
    readonly isolation: boolean;
  };
  readonly tags: Tags;
}

export interface ResourceTags {
  read(arn: string): Promise<Record<string, string>>;
  /** CI roles may tag only with `trainyard:repo` among the tags (infra/bootstrap.yml): write all of ours, not the changed one alone. */
  write(arn: string, tags: Tags): Promise<void>;
}

/** One Lambda function with its versions and aliases. Every write waits until the function can take the next one. */
export interface Functions {
  describe(name: string): Promise<FunctionState | undefined>;
  /** Creates it when it is missing; a role that cannot be assumed yet is waited for. */
  ensure(request: FunctionRequest): Promise<'created' | 'exists'>;
  /**
   * Brings $LATEST to this code and configuration and publishes it, guarded by revision and code hash, so that nobody else's change is
   * published. Answers the version there is already when nothing differs.
   */
  publish(
    request: FunctionRequest,
  ): Promise<{ version: string; environment: Readonly<Record<string, string>>; outcome: 'published' | 'unchanged' }>;
  version(
    name: string,
    version: string,
  ): Promise<{ version: string; environment: Readonly<Record<string, string>>; description: string } | undefined>;
  versions(name: string): Promise<{ version: string; environment: Readonly<Record<string, string>>; modified: Date }[]>;
  alias(
    name: string,
    alias: string,
  ): Promise<{ version: string; revision: string; weighted: boolean; description?: string } | undefined>;
  /** `moved-by-others`: the alias is not at `revision` any more; nothing was changed. */
  putAlias(
    name: string,
    alias: string,
    version: string,
    revision: string | undefined,
    description: string,
  ): Promise<'done' | 'moved-by-others'>;
  deleteAlias(name: string, alias: string): Promise<void>;
  deleteVersion(name: string, version: string): Promise<void>;
}

export interface FunctionRequest {
  readonly name: string;
  readonly roleArn: string;
  readonly zip: Uint8Array;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly description: string;
  readonly tags: Tags;
}

export interface FunctionState {
  readonly name: string;
  readonly arn: string;
  readonly codeSha256: string;
  readonly roleArn: string;
  readonly lastUpdate: 'Successful' | 'InProgress' | 'Failed';
  readonly tags?: Tags;
}

/** Reserved and provisioned concurrency, and what the account has left for them. */
export interface Concurrency {
  account(): Promise<{ total: number; unreserved: number }>;
  reserved(name: string): Promise<number | undefined>;
  putReserved(name: string, concurrency: number): Promise<void>;
  provisioned(
    name: string,
    version: string,
  ): Promise<{ requested: number; available: number; status: 'IN_PROGRESS' | 'READY' | 'FAILED'; reason?: string } | undefined>;
  putProvisioned(name: string, version: string, concurrency: number): Promise<void>;
  deleteProvisioned(name: string, version: string): Promise<void>;
}

/** Application Auto Scaling of one endpoint's one variant. */
export interface EndpointScaling {
  read(endpoint: string, variant: string): Promise<ScalingState | undefined>;
  register(endpoint: string, variant: string, range: { min: number; max: number }): Promise<void>;
  putPolicy(endpoint: string, variant: string, policy: ScalingPolicy): Promise<void>;
  /** Also removes the policies and their alarms. Missing is fine. */
  deregister(endpoint: string, variant: string): Promise<void>;
}

export interface ScalingPolicy {
  readonly invocationsPerMinute: number;
  readonly scaleInCooldownSeconds: number;
  readonly scaleOutCooldownSeconds: number;
}

export interface ScalingState {
  readonly min: number;
  readonly max: number;
  readonly policy?: ScalingPolicy;
}

/** Calls a function by alias or version, as a client would. */
export interface Invocations {
  invoke(request: { name: string; qualifier: string; payload: string }): Promise<Invocation>;
}

export interface Invocation {
  /** What the function answered, as text; at most 6 MB. */
  readonly payload: string;
  /** Set when the handler threw, timed out or could not start. */
  readonly functionError?: string;
  readonly executedVersion: string;
  readonly milliseconds: number;
  /** A new environment had to be started, as far as the log tail says. */
  readonly cold: boolean | undefined;
  /** Last lines of the function's log. */
  readonly logTail: readonly string[];
}

/** Lines a container of an endpoint wrote last, over all its instances, oldest first. Never throws for a group that is not there. */
export interface EndpointLogs {
  tail(endpoint: string, lines: number): Promise<string[]>;
}

/** On-demand USD per instance-hour for hosting. Never throws. */
export interface HostingPrices {
  hosting(instanceType: string, region: string): Promise<Price>;
}

/** GitHub Deployments of one commit and environment. */
export interface Deployments {
  /** Creates the deployment, or finds ours of this run. */
  start(request: { commit: string; environment: string; description: string }): Promise<{ id: number } | 'read-only'>;
  setStatus(
    id: number,
    state: 'in_progress' | 'success' | 'failure' | 'inactive' | 'error',
    description: string,
    url?: string,
  ): Promise<void>;
  /** Ids of earlier deployments to this environment whose last status is success, newest first. */
  findActive(environment: string): Promise<{ id: number; commit: string }[]>;
}

/** What IAM roles may do, as far as CI may see it. */
export interface RolePolicies {
  /** Never throws: an account need not let CI look at its roles. */
  read(roleArn: string): Promise<RolePermissions>;
}

export type RolePermissions =
  | {
      readonly kind: 'read';
      /** ARNs of the managed policies. */
      readonly attached: readonly string[];
      readonly inline: readonly { readonly name: string; readonly document: unknown }[];
    }
  | { readonly kind: 'unreadable'; readonly why: string };
