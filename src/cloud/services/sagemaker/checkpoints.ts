import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../time/clock.ts';
import type { Buckets } from '../../contract.ts';
import type { HostFolder } from './host-folder.ts';
import { moveOptMl } from './host-folder.ts';
import { JobFailure } from './job-failure.ts';
import { joinKey, parseS3Uri } from './s3-uri.ts';

const saveEveryMs = 1000;

export interface CheckpointSync {
  /** Gives every host what earlier attempts saved. */
  restore(): Promise<void>;
  /** Saves files that are new or changed since the last call. */
  save(): Promise<void>;
}

/** Keeps the hosts' checkpoint folders and their S3 prefix alike, as SageMaker does while a job runs. Undefined when the job asks for none. */
export function findCheckpointSync(
  buckets: Buckets,
  request: CreateTrainingJobRequest,
  hosts: readonly HostFolder[],
): CheckpointSync | undefined {
  const uri = request.CheckpointConfig?.S3Uri;
  if (uri === undefined) return undefined;
  const { bucket, key: prefix } = parseS3Uri(uri);
  const folders = hosts.map((host) =>
    moveOptMl(request.CheckpointConfig?.LocalPath ?? '/opt/ml/checkpoints', host.optMl).replace(/\/+$/, ''),
  );
  const saved = new Map<string, string>();

  const saveFile = async (folder: string, path: string) => {
    const { mtimeMs, size } = await stat(path);
    const version = `${mtimeMs} ${size}`;
    if (saved.get(path) === version) return;
    await buckets.putFile(bucket, joinKey(prefix, path.slice(folder.length + 1)), path);
    saved.set(path, version);
  };
  return {
    restore: async () => {
      const keys = buckets.list(bucket, joinKey(prefix, '') + '/').map(({ key }) => key);
      for (const folder of folders) {
        await mkdir(folder, { recursive: true });
        for (const key of keys) {
          const path = join(folder, key.slice(joinKey(prefix, '').length + 1));
          const file = buckets.fileOf(bucket, key);
          if (file === undefined || key.endsWith('/') || !path.startsWith(folder + sep)) continue;
          await mkdir(dirname(path), { recursive: true });
          await copyFile(file, path);
          const { mtimeMs, size } = await stat(path);
          saved.set(path, `${mtimeMs} ${size}`);
        }
      }
    },
    save: async () => {
      for (const folder of folders) {
        const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ignoreVanished);
        for (const entry of (entries ?? []).filter((item) => item.isFile())) {
          await saveFile(folder, join(entry.parentPath, entry.name)).catch(ignoreVanished);
        }
      }
    },
  };
}

/** Saves checkpoints while the hosts run, and what they left at their end. */
export async function withCheckpoints<Result>(
  sync: CheckpointSync | undefined,
  clock: Clock,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!sync) return work();
  const over = new AbortController();
  const saving = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(saveEveryMs, over.signal);
      await sync.save();
    }
  })();
  const saved = saving.then(
    () => undefined,
    (error: unknown) =>
      new JobFailure(`ClientError: Checkpoint upload failed:${error instanceof Error ? error.message : String(error)}`),
  );
  let result: Result;
  try {
    result = await work();
  } finally {
    over.abort();
    await saved;
  }
  const failure = await saved;
  if (failure) throw failure;
  return result;
}

/** A temporary file that was renamed between being listed and being read comes again under its new name. */
function ignoreVanished(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  return undefined;
}
