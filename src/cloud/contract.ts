import type { Clock } from '../time/clock.ts';

/** What the rooms of the local cloud give each other. `cloud.ts` puts them together; nothing outside `cloud/` and `cli/` imports any of it. */
export interface Cloud {
  /** Absolute path; everything on disk lives below it. */
  readonly folder: string;
  readonly account: '000000000000';
  readonly region: string;
  readonly clock: Clock;
  readonly weather: Weather;
  readonly gate: Gate;
  readonly journal: Journal;
  readonly buckets: Buckets;
  readonly roles: Roles;
  readonly logs: LogStore;
  readonly metrics: MetricStore;
  readonly alarms: Alarms;
}

// ---- wire -------------------------------------------------------------------------------------------------------

/** One request as a handler sees it. */
export interface Call {
  readonly requestId: string;
  readonly region: string;
  /** ARN of the caller, from its access key; `arn:aws:iam::000000000000:root` for keys the cloud did not mint. */
  readonly principal: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export type Handler<Input, Output> = (input: Input, call: Call) => Output | Promise<Output>;

/** A service: the SDK's operation and error schemas (generated named re-exports) and a table of handlers by operation name. */
export interface Service {
  /** Name of the SDK client and of its model, such as sagemaker-runtime or cloudwatch-logs. */
  readonly name: string;
  readonly schemas: Readonly<Record<string, unknown>>;
  // Each service's file types its own table with the SDK's request and response types.
  readonly handlers: Readonly<Record<string, Handler<never, unknown>>>;
}

/** An error of a service, by its code; the server turns it into the shape and status of the SDK's own schema. */
export class AwsError extends Error {
  readonly code: string;
  /** HTTP status where no schema gives one. */
  readonly status: number | undefined;
  /** Further members of the error shape. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, more: { status?: number; members?: Record<string, unknown> } = {}) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = more.status;
    this.members = more.members ?? {};
  }
}

/** Why a request is refused, in IAM's words; undefined when it is allowed. */
export type Authorise = (request: {
  readonly service: string;
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly principal: string;
  readonly region: string;
}) => Promise<string | undefined>;

// ---- journal, faults, weather -----------------------------------------------------------------------------------

export interface JournalEntry {
  /** 1, 2, 3 … in order of arrival, over all services and GitHub. */
  readonly number: number;
  readonly at: string;
  /** SDK client name, or `github`. */
  readonly service: string;
  /** Operation name, or for GitHub method and route template: `POST /repos/{owner}/{repo}/issues/{number}/comments`. */
  readonly operation: string;
  readonly principal: string;
  /** Parsed input; bodies of objects are replaced by their length, secrets by ***. */
  readonly input: unknown;
  /** Known once answered. */
  status?: number;
  error?: string;
  /** Violations of botocore's model that the request contained. */
  illegal?: string[];
}

export interface Journal {
  readonly entries: readonly JournalEntry[];
  add(entry: Omit<JournalEntry, 'number' | 'at'>): JournalEntry;
}

/** A fault, by service, operation and n-th matching call (from 1; absent: every call). `*` matches any service or operation. */
export interface FaultRule {
  readonly id: string;
  readonly service: string;
  readonly operation: string;
  readonly nth?: number;
  /** Before the handler runs, or after it took effect and before the answer leaves. */
  readonly when: 'before' | 'after';
  readonly effect:
    | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly status?: number }
    | { readonly kind: 'reset' }
    | { readonly kind: 'delay'; readonly ms: number }
    /** Holds the call until it is released over the control interface: a test acts while nothing moves. */
    | { readonly kind: 'pause' };
}

/** Every request of AWS and of GitHub passes here twice. Throws AwsError for `error`; resolves to `reset` when the socket is to be cut. */
export interface Gate {
  pass(entry: JournalEntry, when: 'before' | 'after'): Promise<'go' | 'reset'>;
}

/** How long things take and how late they show. `calm`: everything at once. `aws-like`: as on AWS, scaled to seconds. */
export interface Weather {
  readonly name: 'calm' | 'aws-like';
  /** Delay until metrics, log lines and new or changed roles become visible. */
  readonly metricsDelayMs: number;
  readonly logsDelayMs: number;
  readonly rolesDelayMs: number;
  /** A read of a resource may show its state of this long ago. */
  readonly readLagMs: number;
  /** How long a training job spends in each secondary status beside its real work. */
  readonly trainingStatusMs: Readonly<Record<'Starting' | 'Downloading' | 'Uploading', number>>;
  /** How long an endpoint spends in each of these states beside its real work. */
  readonly endpointStatusMs: Readonly<Record<'Creating' | 'Updating' | 'Deleting', number>>;
  /** How long a Lambda function is Pending or its update InProgress, and how long provisioned concurrency takes at least. None: no time. */
  readonly functionMs?: Readonly<Record<'create' | 'update' | 'publish' | 'provision', number>>;
  /** Chance, 0–1, that a call is refused with ThrottlingException; drawn from a seeded generator. */
  readonly throttleChance: number;
}

// ---- stores the machines use ------------------------------------------------------------------------------------

/** S3 as the cloud's own machines use it (no HTTP). Objects are files; a writer never shows a half-written object. */
export interface Buckets {
  exists(bucket: string): boolean;
  create(bucket: string): void;
  list(bucket: string, prefix: string): { key: string; bytes: number }[];
  /** Path of the object's bytes on disk, read-only for the caller; undefined when missing. */
  fileOf(bucket: string, key: string): string | undefined;
  /** Copies the file in as an object. */
  putFile(bucket: string, key: string, path: string): Promise<void>;
}

export interface Roles {
  /** Adds a role by its full ARN, as a set-up step outside the API does. `policies`: documents of inline policies by name. */
  add(role: { arn: string; trust: unknown; policies?: Readonly<Record<string, object>> | undefined }): void;
  /** Throws nothing: tells whether `service` (e.g. sagemaker.amazonaws.com) may assume the role now. */
  assumableBy(roleArn: string, service: string): 'yes' | 'no such role' | 'not trusted';
}

export interface LogStore {
  append(group: string, stream: string, lines: readonly { at: Date; message: string }[]): void;
}

export interface MetricStore {
  put(
    namespace: string,
    dimensions: Readonly<Record<string, string>>,
    name: string,
    unit: string,
    points: readonly { at: Date; value: number }[],
  ): void;
  /** What can be seen of one metric by now, in order of time. */
  points(namespace: string, dimensions: Readonly<Record<string, string>>, name: string): readonly MetricPoint[];
}

export interface MetricPoint {
  readonly atMs: number;
  readonly sum: number;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** CloudWatch's alarms, as deployments and scaling use them. */
export interface Alarms {
  /** State of an alarm now, evaluated on what can be seen of its metric; undefined when there is none of this name. */
  stateOf(name: string): AlarmState | undefined;
  /** An alarm whose state its owner decides; made when it is missing. */
  setManaged(alarm: ManagedAlarm, state: AlarmState, reason: string): void;
  readonly remove: (name: string) => void;
}

/** An alarm that a service keeps on a metric of its own, such as target tracking's two. */
interface ManagedAlarm {
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  readonly evaluationPeriods: number;
}

/** What a room adds to the cloud: its services, and how to end what it started. */
export interface Room {
  readonly services: readonly Service[];
  /** Ends every process the room started and waits until they are gone. */
  close(): Promise<void>;
}

/** GitHub's identity provider, for STS: verifies a token it minted and returns its claims, or throws. */
export type VerifyWebIdentity = (token: string) => Promise<Record<string, unknown>>;
