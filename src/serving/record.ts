import { z } from 'zod';
import { price } from '../records/record.ts';

const isoTime = z.iso.datetime();

/**
 * What a release did, written under `trainyard/release/deployments/<run-id>/<name>.json` by deploy-endpoint and added to by
 * configure-scaling, smoke-invoke and promote-endpoint; the report reads it. One object per step, `<step>.json`, so that steps of
 * different jobs never overwrite each other.
 */
const common = {
  schema: z.literal(1),
  rehearsal: z.boolean(),
  repository: z.strictObject({ id: z.string(), name: z.string() }),
  commit: z.string(),
  ref: z.string(),
  runId: z.string(),
  attempt: z.number().int(),
  spec: z.strictObject({ name: z.string(), path: z.string(), environment: z.string().optional() }),
  at: isoTime,
  /** Name of model, configuration and candidate endpoint. */
  release: z.string(),
};

/** A role of the spec, and the names of its policies that allow far more than it needs. */
const checkedRole = z.strictObject({
  use: z.enum(['training', 'serving', 'lambda']),
  arn: z.string(),
  policies: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('read'), broad: z.array(z.string()) }),
    z.strictObject({ kind: z.literal('unreadable'), why: z.string() }),
  ]),
});
export type CheckedRole = z.infer<typeof checkedRole>;

const deployRecord = z.strictObject({
  ...common,
  kind: z.literal('deploy'),
  strategy: z.enum(['alias', 'in-place']),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('candidate'), expiresAt: isoTime }),
    /** Live already is this model and configuration. */
    z.strictObject({ kind: z.literal('unchanged') }),
    z.strictObject({ kind: z.literal('failed'), reason: z.string(), logTail: z.array(z.string()) }),
  ]),
  model: z.strictObject({
    uri: z.string(),
    foundBy: z.enum(['input', 'fingerprint', 'commit']),
    job: z.string().optional(),
  }),
  functionName: z.string(),
  functionVersion: z.string().optional(),
  machine: z.strictObject({ instanceType: z.string(), instances: z.number().int() }),
  price,
  roles: z.array(checkedRole).optional(),
  seconds: z.number(),
});

const scalingRecord = z.strictObject({
  ...common,
  kind: z.literal('scaling'),
  /** Each setting before and after; undefined is "not set". */
  changes: z.array(z.strictObject({ setting: z.string(), before: z.string().optional(), after: z.string().optional() })),
  endpoint: z.strictObject({ min: z.number().int(), max: z.number().int(), invocationsPerMinute: z.number() }).optional(),
  lambda: z.strictObject({
    provisioned: z.number().int().optional(),
    reserved: z.number().int().optional(),
    memoryMb: z.number(),
  }),
});

export const smokeRecord = z.strictObject({
  ...common,
  kind: z.literal('smoke'),
  /** candidate or live. */
  alias: z.string(),
  passed: z.boolean(),
  cases: z.array(
    z.strictObject({
      name: z.string(),
      passed: z.boolean(),
      calls: z.number().int(),
      errors: z.number().int(),
      /** What differed, one sentence each. */
      differences: z.array(z.string()),
      /** Milliseconds; absent without a call of that kind. */
      warm: z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }).optional(),
      cold: z.strictObject({ p50: z.number(), max: z.number(), count: z.number().int() }).optional(),
    }),
  ),
});

const promoteRecord = z.strictObject({
  ...common,
  kind: z.literal('promote'),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('promoted'), from: z.string().optional(), keepUntil: isoTime.optional() }),
    z.strictObject({ kind: z.literal('unchanged') }),
    /** The live check failed and live is what it was. */
    z.strictObject({ kind: z.literal('rolled-back'), to: z.string().optional(), reason: z.string() }),
    /** Asked for by `rollback: true`. */
    z.strictObject({ kind: z.literal('returned'), to: z.string(), from: z.string() }),
    z.strictObject({ kind: z.literal('refused'), reason: z.string() }),
    /** The live check failed and live could not be moved back: a person has to look. */
    z.strictObject({ kind: z.literal('stuck'), reason: z.string() }),
  ]),
  functionVersion: z.string().optional(),
  seconds: z.number(),
});

export const releaseRecord = z.discriminatedUnion('kind', [deployRecord, scalingRecord, smokeRecord, promoteRecord]);
export type ReleaseRecord = z.infer<typeof releaseRecord>;
export type DeployRecord = z.infer<typeof deployRecord>;
export type ScalingRecord = z.infer<typeof scalingRecord>;
export type SmokeRecord = z.infer<typeof smokeRecord>;
export type PromoteRecord = z.infer<typeof promoteRecord>;
