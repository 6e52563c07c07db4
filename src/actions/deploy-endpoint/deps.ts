import type { RunContext, Zone } from '../../records/context.ts';
import type { StreamingObjectStore } from '../../records/ports.ts';
import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type {
  EndpointConfigs,
  EndpointLogs,
  Endpoints,
  Functions,
  HostingPrices,
  Models,
  ResourceTags,
  RolePolicies,
} from '../../serving/ports.ts';
import { type ReleaseRecords, releaseZone } from '../../serving/release-records.ts';
import type { ServeSpec, Spec } from '../../spec/spec.ts';
import type { Clock } from '../../time/clock.ts';
import type { Workspace } from '../../workspace/ports.ts';

/** Whose models are deployed; never a pull request's. */
export const trustedZones: readonly Zone[] = [{ kind: 'main' }, releaseZone];

/** What removing a candidate needs: post has it, and main. */
export interface HostingDeps {
  readonly endpoints: Endpoints;
  readonly configs: EndpointConfigs;
  readonly models: Models;
  readonly tags: ResourceTags;
  readonly functions: Functions;
  readonly log: Log;
  readonly clock: Clock;
}

export interface DeployDeps extends HostingDeps {
  readonly context: RunContext;
  readonly objects: StreamingObjectStore;
  /** Records of training runs of a zone. */
  readonly openRecords: (zone: Zone) => Pick<RecordStore, 'findByFingerprint' | 'findByCommit'>;
  /** Records of searches of a zone. */
  readonly openSearches: (zone: Zone) => Pick<TuningStore, 'findByFingerprint'>;
  readonly records: ReleaseRecords;
  readonly endpointLogs: EndpointLogs;
  readonly prices: HostingPrices;
  readonly rolePolicies: RolePolicies;
  readonly workspace: Workspace;
  readonly step: StepResult;
  /** Aborts when GitHub cancels the job. */
  readonly signal: AbortSignal;
  readonly isRehearsal: () => Promise<boolean>;
  /** Path of `training/launcher/launcher.py`, which is part of a run's fingerprint. */
  readonly launcher: string;
  /** Reads a text file of this product. */
  readonly readText: (path: string) => Promise<string>;
  /** The zip of the function's code. */
  readonly readHandler: () => Promise<Uint8Array>;
  /** Folder for the packed archive. */
  readonly temp: string;
  /** Workflow files of the repository that train, for the error that names them. */
  readonly listTrainingWorkflows: () => Promise<string[]>;
}

/** What is asked of this step, read from inputs and spec. */
export interface DeploySettings {
  readonly spec: Spec;
  readonly serve: ServeSpec;
  readonly region: string;
  readonly bucket: string;
  readonly servingRole: string;
  readonly lambdaRole: string;
  /** Full URI. */
  readonly image: string;
  readonly codeDirectory: string;
  readonly candidateTtlSeconds: number;
  /** s3:// URI. */
  readonly model: string | undefined;
  readonly dryRun: boolean;
  /** YYYY-MM-DD. */
  readonly today: string;
}
