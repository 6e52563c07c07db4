import { z } from 'zod';

/**
 * What the program on the machine and the action say to each other, as objects below `<zone>jobs/<name>/`:
 *
 *     box/status.json             how it stands, rewritten at every change and at least every 10 s
 *     box/log/00000001.txt        lines of the launcher and its script, in order
 *     box/samples/00000001.jsonl  one line a second: {"at": seconds since training started on this machine, "cpu", "memory", "gpu"?: per cent}
 *     output/model.tar.gz         the model, at the key that SageMaker uses; absent when the script left none
 *     output/output.tar.gz        what the script left in output/data
 *
 * All of it is written by a training script's machine, so all of it is hostile until it has this form.
 */

/** What the machine is told: JSON inside the user data, never shell text. */
export interface BoxJob {
  readonly schema: 1;
  readonly name: string;
  readonly region: string;
  readonly bucket: string;
  /** Key prefix of the job's objects, with a slash at the end. */
  readonly prefix: string;
  /** Channel → key prefix in a bucket, `code` included. */
  readonly channels: Readonly<Record<string, { readonly bucket: string; readonly prefix: string }>>;
  readonly entryPoint: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Key prefix that checkpoints are kept below, with a slash at the end. */
  readonly checkpoints: string;
  readonly instanceType: string;
  readonly vcpus?: number;
  /** Of the declared type; without it memory is told in per cent of what the machine says it has. */
  readonly memoryGib?: number;
  /** From the start of training until SIGTERM. */
  readonly maxRuntimeSeconds: number;
  /** From SIGTERM to SIGKILL; on a spot notice, too. */
  readonly stopGraceSeconds: number;
}

const isoTime = z.iso.datetime();

export const boxStatus = z.object({
  schema: z.literal(1),
  name: z.string(),
  instance: z.string(),
  state: z.enum([
    'starting',
    'downloading',
    'training',
    'uploading',
    'completed',
    'failed',
    'interrupted',
    'timed-out',
    'stopped',
  ]),
  /** Each phase with its beginning, in the words of SageMaker's secondary statuses. */
  phases: z.array(
    z.object({ status: z.enum(['Starting', 'Downloading', 'Training', 'Uploading']), start: isoTime, end: isoTime.optional() }),
  ),
  exitCode: z.number().int().optional(),
  /** Text of output/failure, or what the program itself could not do. */
  failure: z.string().max(1024).optional(),
  vcpus: z.number().int().positive().optional(),
  gpus: z.number().int().nonnegative().optional(),
  /** Of the log and of the samples: how many objects have been written. */
  logParts: z.number().int().nonnegative(),
  sampleParts: z.number().int().nonnegative(),
  /** A machine that takes an interrupted job up counts on: the first parts that are this machine's own. */
  firstLogPart: z.number().int().positive().optional(),
  firstSamplePart: z.number().int().positive().optional(),
  model: z.boolean(),
  updated: isoTime,
});
export type BoxStatus = z.infer<typeof boxStatus>;
