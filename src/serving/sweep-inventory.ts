import type { Endpoint, Tags } from './ports.ts';

/** Everything of one model of one repository that AWS has, as a sweep saw it. What is not ours is not in here. */
export interface Inventory {
  readonly functionName: string;
  readonly now: Date;
  readonly endpoints: readonly SweptEndpoint[];
  readonly configs: readonly SweptConfig[];
  readonly models: readonly Swept[];
  /** Published versions of the function. */
  readonly versions: readonly SweptVersion[];
  readonly aliases: Readonly<Partial<Record<'candidate' | 'live' | 'previous', { readonly version: string }>>>;
  /** A promotion is under way: what aliases name now may be live in a moment, or again. */
  readonly promoting: boolean;
  /** Machines of EC2 that bill or may come to; absent where nobody looked. */
  readonly machines?: readonly SweptMachine[];
  /** Workflow runs that are known to be over. */
  readonly endedRuns: ReadonlySet<string>;
}

interface Swept {
  readonly name: string;
  readonly arn: string;
  readonly created: Date;
  readonly tags: Tags;
}

export interface SweptEndpoint extends Swept {
  readonly status: Endpoint['status'];
  readonly configName: string;
  /** A deployment is under way, which uses a configuration that `configName` does not tell. */
  readonly pending: boolean;
  /** Machines it has or is about to have. */
  readonly instances: number;
  /** Application Auto Scaling knows it. */
  readonly scaled: boolean;
}

/** Its name is its id. */
export interface SweptMachine extends Omit<Swept, 'arn'> {
  readonly instanceType: string;
}

export interface SweptConfig extends Swept {
  readonly modelName: string;
  readonly instanceType: string;
  /** Machines that an endpoint begins with. */
  readonly instanceCount: number;
}

export interface SweptVersion {
  readonly version: string;
  /** The endpoint it calls; undefined for a version that Trainyard did not make. */
  readonly endpoint: string | undefined;
  readonly modified: Date;
  /** Environments kept warm; they bill. */
  readonly provisioned: number;
}
