import type { ProvisionedPrice } from '../prices/lambda-price.ts';
import type { LambdaWorkPrice } from '../prices/lambda-work-price.ts';
import type { RunContext } from '../records/context.ts';
import type { PolicyPlace } from '../serving/least-policy.ts';
import type { DeployRecord, PromoteRecord, ReleaseRecord, ScalingRecord, SmokeRecord } from '../serving/record.ts';

/** Everything a release's report is made of: what the steps of one workflow run recorded. */
export interface ReleaseInput {
  readonly spec: { readonly name: string };
  /** What the spec's roles need, for those that may do more. */
  readonly place: PolicyPlace;
  readonly records: readonly ReleaseRecord[];
  /** How many cases the spec has for the candidate's smoke test. */
  readonly smokeCases: number;
  readonly context: RunContext;
  /** What Lambda costs in the region: to be kept warm, and to work. */
  readonly lambdaPrices: { readonly warm: ProvisionedPrice; readonly work: LambdaWorkPrice | undefined };
  /** Sentences for the reader that do not come from the records. */
  readonly notes: readonly string[];
  readonly now: Date;
}

/** The records by step. A step that ran twice in one run wrote over its first record. */
export interface ReleaseSteps {
  readonly deploy: DeployRecord | undefined;
  readonly scaling: ScalingRecord | undefined;
  /** Of the candidate, then of live. */
  readonly smoke: readonly SmokeRecord[];
  readonly promote: PromoteRecord | undefined;
}

export function splitSteps(records: readonly ReleaseRecord[]): ReleaseSteps {
  const smoke = records.filter((record) => record.kind === 'smoke');
  return {
    deploy: records.find((record) => record.kind === 'deploy'),
    scaling: records.find((record) => record.kind === 'scaling'),
    smoke: smoke.toSorted((a, b) => a.at.localeCompare(b.at)),
    promote: records.find((record) => record.kind === 'promote'),
  };
}

/** `v1.2.0` of a tag, otherwise the short commit. */
export function nameRelease({ ref, commit }: RunContext): string {
  return ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : commit.slice(0, 7);
}
