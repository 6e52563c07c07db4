import type * as lambda from '@aws-sdk/client-lambda';
import type { Pool } from './pool.ts';

export const latestVersion = '$LATEST';

/** Members of CreateFunction that describe a version and can be changed later. */
export type Settings = Pick<
  lambda.CreateFunctionRequest,
  | 'Runtime'
  | 'Handler'
  | 'Description'
  | 'VpcConfig'
  | 'DeadLetterConfig'
  | 'Environment'
  | 'KMSKeyArn'
  | 'TracingConfig'
  | 'EphemeralStorage'
> & { readonly Role: string; readonly Timeout: number; readonly MemorySize: number };

export interface Code {
  /** Where the archive is unpacked; never changed after that, so versions share it. */
  readonly folder: string;
  readonly bytes: number;
  /** Base64. */
  readonly sha256: string;
}

/** Code and configuration under one version, with the workers that run them. A change makes a new one: calls that run keep theirs. */
export interface Deployment {
  readonly version: string;
  readonly settings: Settings;
  readonly code: Code;
  readonly revision: string;
  readonly modified: Date;
  /** From when it can be called. */
  readonly activeFrom: Date;
  readonly pool: Pool;
}

export interface Alias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Share, 0–1, of the calls that go to other versions. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revision: string;
}

export interface Fn {
  readonly name: string;
  /** Without a qualifier. */
  readonly arn: string;
  readonly tags: Map<string, string>;
  readonly versions: Map<string, Deployment>;
  readonly aliases: Map<string, Alias>;
  /** Provisioned concurrency by the qualifier it was asked for. */
  readonly provisioned: Map<string, { readonly requested: number; readonly modified: Date; readonly readyFrom: Date }>;
  /** Statements of the resource policy by qualifier (empty: the function) and id. */
  readonly statements: Map<string, Map<string, object>>;
  latest: Deployment;
  /** Takes the place of `latest` when its time has come. */
  update: { readonly next: Deployment; readonly doneFrom: Date } | undefined;
  /** From when a new function is Active. */
  readonly createdFrom: Date;
  reserved: number | undefined;
  lastVersion: number;
  /** Calls that run now, over all versions. */
  running: number;
}
