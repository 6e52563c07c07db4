import { z } from 'zod';

/**
 * The run record: everything that is known about one training job (later also tuning, EC2, endpoint), written before
 * the job is created and finalised when it has ended. Times are ISO 8601 in UTC, money is USD, sizes say their unit.
 */

const isoTime = z.iso.datetime();

export const price = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('known'),
    usdPerHour: z.number().nonnegative(),
    /** `pricing-api`: read from AWS now; `spot-history`: EC2's spot price at that time; `table`: the built-in table. */
    source: z.enum(['pricing-api', 'spot-history', 'table']),
    /** `observed`: an AWS quote; `derived`: EC2's price times the measured mark-up, an estimate. */
    quality: z.enum(['observed', 'derived']),
    /** The day the price was read or observed, YYYY-MM-DD. */
    date: z.string(),
  }),
  z.strictObject({ kind: z.literal('unknown'), why: z.string() }),
]);
export type Price = z.infer<typeof price>;

/** How the run stands. Only `completed`, `failed`, `stopped`, `reused` and `refused` are final. */
export const runState = z.discriminatedUnion('status', [
  /** Saved before the create call; the job may or may not exist. */
  z.strictObject({ status: z.literal('planned') }),
  /** Created and not yet seen to end. */
  z.strictObject({ status: z.literal('submitted') }),
  /** A stop was asked for and its end was not yet seen. */
  z.strictObject({ status: z.literal('stop-requested'), at: isoTime, why: z.string() }),
  z.strictObject({ status: z.literal('completed') }),
  z.strictObject({ status: z.literal('failed'), reason: z.string(), logTail: z.array(z.string()) }),
  z.strictObject({
    status: z.literal('stopped'),
    cause: z.enum(['cancelled', 'max-runtime', 'budget', 'elsewhere']),
    reason: z.string(),
  }),
  /** An equal run of the same trust zone exists; its model is used and nothing was spent. */
  z.strictObject({ status: z.literal('reused'), record: z.string(), name: z.string(), commit: z.string() }),
  /** The create call was refused, so nothing exists and nothing was spent. */
  z.strictObject({ status: z.literal('refused'), reason: z.string() }),
]);
export type RunState = z.infer<typeof runState>;

/** One host's samples. `at` is seconds since training started on the job; cpu is per cent of the vCPUs of the declared type. */
const hostSeries = z.strictObject({
  host: z.string(),
  cpu: z.array(z.strictObject({ at: z.number(), percent: z.number() })),
  memory: z.array(z.strictObject({ at: z.number(), percent: z.number() })),
  /** Mean of the machine's GPUs, where somebody measured it. */
  gpu: z.array(z.strictObject({ at: z.number(), percent: z.number() })).optional(),
});
export type HostSeries = z.infer<typeof hostSeries>;

const utilisation = z.strictObject({
  /** `complete`: the series reaches the end of training; `partial`: it was read before it did; `none`: no data arrived. */
  coverage: z.enum(['complete', 'partial', 'none']),
  hosts: z.array(hostSeries),
  /** Why the coverage is not complete, in words for the reader. */
  why: z.string().optional(),
});
export type Utilisation = z.infer<typeof utilisation>;

export const runRecord = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('training-job'),
  /** True when the job ran on the local cloud: durations are that machine's, dollars are what they would have cost. */
  rehearsal: z.boolean(),
  repository: z.strictObject({ id: z.string(), name: z.string() }),
  commit: z.string(),
  ref: z.string(),
  pullRequest: z.number().int().optional(),
  workflow: z.strictObject({
    runId: z.string(),
    attempt: z.number().int(),
    job: z.string(),
    step: z.string(),
    matrix: z.string(),
  }),
  spec: z.strictObject({ name: z.string(), path: z.string(), environment: z.string().optional() }),
  /** The key under `train.runs`. */
  label: z.string(),
  fingerprint: z.string(),
  /** Name of the training job. */
  name: z.string(),
  arn: z.string().optional(),
  region: z.string(),
  asked: z.strictObject({
    instanceTypes: z.array(z.string()).min(1),
    instanceCount: z.number().int().positive(),
    volumeGb: z.number().int().positive(),
    spot: z.boolean(),
    maxRuntimeSeconds: z.number().int().positive(),
    image: z.string(),
    entryPoint: z.string(),
    hyperparameters: z.record(z.string(), z.string()),
    /** USD, the most this run can cost; absent when the price is unknown. */
    ceilingUsd: z.number().optional(),
  }),
  /** What trained it. Records from before there was a choice say nothing: SageMaker. */
  on: z.enum(['sagemaker', 'ec2']).optional(),
  /** Of a run on EC2: every machine it has had, in order; the last one is `machine`. */
  ec2: z
    .strictObject({
      image: z.strictObject({ id: z.string(), parameter: z.string(), name: z.string() }),
      machines: z.array(
        z.strictObject({
          id: z.string(),
          instanceType: z.string(),
          zone: z.string().optional(),
          spot: z.boolean(),
          launched: isoTime,
          ended: isoTime.optional(),
          /** Why it ended, in EC2's words. */
          reason: z.string().optional(),
          price,
          /** Launch to end, at least 60: what EC2 bills; absent while unknown. */
          billedSeconds: z.number().nonnegative().optional(),
        }),
      ),
      /** USD for the volumes, part of `costUsd`; absent while unknown. */
      volumesUsd: z.number().nonnegative().optional(),
    })
    .optional(),
  /** What the job really has. */
  machine: z.strictObject({
    instanceType: z.string(),
    instanceCount: z.number().int().positive(),
    vcpus: z.number().int().positive().optional(),
    physicalCores: z.number().int().positive().optional(),
    memoryGib: z.number().positive().optional(),
    gpus: z.number().int().nonnegative().optional(),
  }),
  state: runState,
  /** The step ended while the job ran (`wait: false`): nobody watches it, a later run finishes this record. */
  handedOver: z.literal(true).optional(),
  times: z.strictObject({
    planned: isoTime,
    created: isoTime.optional(),
    trainingStarted: isoTime.optional(),
    trainingEnded: isoTime.optional(),
    /** When this record was last brought up to date. */
    updated: isoTime,
  }),
  /** AWS's secondary transitions, in order. */
  transitions: z.array(
    z.strictObject({ status: z.string(), start: isoTime, end: isoTime.optional(), message: z.string().optional() }),
  ),
  trainingSeconds: z.number().nonnegative().optional(),
  /** BillableTimeInSeconds: wall-clock of one node. */
  billedSeconds: z.number().nonnegative().optional(),
  price,
  /** Seconds the instances were kept warm after the job, billed like training; absent while unknown. */
  warmPoolSeconds: z.number().nonnegative().optional(),
  /** (billedSeconds + warmPoolSeconds) × instances × price; absent while unknown, 0 only when nothing was billed. */
  costUsd: z.number().nonnegative().optional(),
  /** Last value of each metric, as the service reports it. */
  metrics: z.array(z.strictObject({ name: z.string(), value: z.number(), at: isoTime.optional() })),
  /** Every value of each metric found in the log of the first host, in order: the training curve. */
  curves: z.array(z.strictObject({ name: z.string(), values: z.array(z.number()) })),
  utilisation,
  /** s3:// URI of model.tar.gz. */
  model: z.string().optional(),
  /** Link to the job in the AWS console; absent in a rehearsal. */
  url: z.string().optional(),
  warnings: z.array(z.string()),
});
export type RunRecord = z.infer<typeof runRecord>;

const finalStatuses = ['completed', 'failed', 'stopped', 'reused', 'refused'] as const;

/** Whether nothing about this run can change any more. */
export function isFinal(state: RunState): boolean {
  return (finalStatuses as readonly string[]).includes(state.status);
}
