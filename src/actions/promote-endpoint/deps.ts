import type { RunContext } from '../../records/context.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type {
  Concurrency,
  Deployments,
  EndpointConfigs,
  Endpoints,
  EndpointScaling,
  Functions,
  Invocations,
  Models,
  ResourceTags,
} from '../../serving/ports.ts';
import type { ReleaseRecords } from '../../serving/release-records.ts';
import type { Spec } from '../../spec/spec.ts';
import type { Clock } from '../../time/clock.ts';

export interface PromoteDeps {
  readonly spec: Spec;
  readonly context: RunContext;
  readonly endpoints: Endpoints;
  readonly configs: EndpointConfigs;
  readonly models: Models;
  readonly tags: ResourceTags;
  readonly functions: Functions;
  readonly scaling: EndpointScaling;
  readonly concurrency: Concurrency;
  readonly invocations: Invocations;
  readonly deployments: Deployments;
  readonly records: ReleaseRecords;
  readonly step: StepResult;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborts when GitHub cancels the job. */
  readonly signal: AbortSignal;
  readonly isRehearsal: () => Promise<boolean>;
  /** Reads a text file of the checkout. */
  readonly readText: (path: string) => Promise<string>;
  /** The zip of the function's code. */
  readonly readHandler: () => Promise<Uint8Array>;
}

export interface Asked {
  readonly rollback: boolean;
  readonly githubEnvironment: string;
}
