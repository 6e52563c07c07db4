import { z } from 'zod';
import { price, runRecord, runState } from './record.ts';

/**
 * The record of one tuning job and its trials, written before the job is created and finalised when it has ended. Times are
 * ISO 8601 in UTC, money is USD. Numbers that hyperparameters have are kept as the text that the script gets.
 */

const isoTime = z.iso.datetime();

/** One training job of the search. */
const trial = z.strictObject({
  /** Name of the training job. */
  name: z.string(),
  status: z.enum(['in-progress', 'completed', 'failed', 'stopped']),
  /** The search itself ended it early, because it would not win. */
  endedEarly: z.literal(true).optional(),
  /** The values that were varied, as the script got them: `64`, not `"64"`. */
  hyperparameters: z.record(z.string(), z.string()),
  /** Last value of the objective metric; absent when the trial reported none. */
  objective: z.number().optional(),
  started: isoTime.optional(),
  ended: isoTime.optional(),
  trainingSeconds: z.number().nonnegative().optional(),
  /** BillableTimeInSeconds: wall-clock of one node. */
  billedSeconds: z.number().nonnegative().optional(),
  /** Absent while unknown. */
  costUsd: z.number().nonnegative().optional(),
  failureReason: z.string().optional(),
  /** Every value of each metric found in its log, in order; kept for the best trials only. */
  curves: z.array(z.strictObject({ name: z.string(), values: z.array(z.number()) })),
});
export type Trial = z.infer<typeof trial>;

const range = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['continuous', 'integer']),
    min: z.number(),
    max: z.number(),
    scale: z.enum(['auto', 'linear', 'log', 'reverse-log']),
  }),
  z.strictObject({ kind: z.literal('categorical'), values: z.array(z.string()).min(1) }),
]);

const { rehearsal, repository, commit, ref, pullRequest, workflow, spec, fingerprint, arn, region, machine, url, warnings } =
  runRecord.shape;

export const tuningRecord = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('tuning-job'),
  rehearsal,
  repository,
  commit,
  ref,
  pullRequest,
  workflow,
  spec,
  fingerprint,
  /** Name of the tuning job: at most 32 characters. */
  name: z.string().max(32),
  arn,
  region,
  asked: z.strictObject({
    objective: z.strictObject({ goal: z.enum(['minimize', 'maximize']), metric: z.string() }),
    strategy: z.enum(['bayesian', 'random', 'grid', 'hyperband']),
    earlyStopping: z.boolean(),
    ranges: z.record(z.string(), range),
    maxJobs: z.number().int().positive(),
    maxParallelJobs: z.number().int().positive(),
    instanceType: z.string(),
    instanceCount: z.number().int().positive(),
    volumeGb: z.number().int().positive(),
    /** Of each trial. */
    maxRuntimeSeconds: z.number().int().positive(),
    image: z.string(),
    entryPoint: z.string(),
    /** Those that are not varied. */
    hyperparameters: z.record(z.string(), z.string()),
    /** Name of the tuning job whose results it begins with. */
    warmStart: z.string().optional(),
    /** USD, the most all trials together can cost; absent when the price is unknown. */
    ceilingUsd: z.number().optional(),
    /** USD at which the search is stopped, from budget and input; absent without a budget. */
    stopAtUsd: z.number().optional(),
    /** Seconds after which the service itself ends the search, so that it keeps within that; absent where somebody watches. */
    maxSearchSeconds: z.number().int().positive().optional(),
  }),
  machine,
  /** As of a run; `stopped` with the cause `budget` when the search reached its budget. */
  state: runState,
  handedOver: z.literal(true).optional(),
  times: z.strictObject({
    planned: isoTime,
    created: isoTime.optional(),
    ended: isoTime.optional(),
    updated: isoTime,
  }),
  price,
  /** In the order in which they were created. */
  trials: z.array(trial),
  /** Completed trial with the best objective, by the service's own word where it says one. */
  best: z
    .strictObject({
      name: z.string(),
      hyperparameters: z.record(z.string(), z.string()),
      objective: z.number().optional(),
      /** s3:// URI of its model.tar.gz. */
      model: z.string().optional(),
    })
    .optional(),
  /** Sum over the trials; absent while a part of it is unknown. */
  costUsd: z.number().nonnegative().optional(),
  url,
  warnings,
});
export type TuningRecord = z.infer<typeof tuningRecord>;
