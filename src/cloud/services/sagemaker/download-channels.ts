import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { Buckets } from '../../contract.ts';
import { noObjects } from './check-request.ts';
import type { HostFolder } from './host-folder.ts';
import { JobFailure } from './job-failure.ts';
import { parseS3Uri } from './s3-uri.ts';

/** Brings every channel to every host: all of it, or each host its share of the objects. @throws JobFailure */
export async function downloadChannels(
  buckets: Buckets,
  request: Pick<CreateTrainingJobRequest, 'InputDataConfig' | 'RoleArn'>,
  hosts: readonly HostFolder[],
  region: string,
): Promise<void> {
  for (const channel of request.InputDataConfig ?? []) {
    const objects = listObjects(buckets, channel);
    const source = channel.DataSource?.S3DataSource;
    if (objects.length === 0)
      throw new JobFailure(`ClientError: Data download failed:${noObjects(source?.S3Uri ?? '', region, request.RoleArn ?? '')}`);
    const sharded = source?.S3DataDistributionType === 'ShardedByS3Key';
    for (const [index, host] of hosts.entries()) {
      const folder = join(host.optMl, 'input/data', channel.ChannelName ?? '');
      await mkdir(folder, { recursive: true });
      const share = sharded ? objects.filter((_, place) => place % hosts.length === index) : objects;
      for (const object of share) await copyObject(object.file, folder, object.path);
    }
  }
}

interface Source {
  readonly file: string;
  /** Below the channel's folder. */
  readonly path: string;
}

function listObjects(buckets: Buckets, channel: Channel): Source[] {
  const { bucket, key: prefix } = parseS3Uri(channel.DataSource?.S3DataSource?.S3Uri ?? '');
  if (!buckets.exists(bucket)) return [];
  const keys = buckets.list(bucket, prefix).map(({ key }) => key);
  return keys
    .filter((key) => !key.endsWith('/'))
    .sort()
    .flatMap((key) => {
      const file = buckets.fileOf(bucket, key);
      return file === undefined ? [] : [{ file, path: findPlace(key, prefix) }];
    });
}

/** Where an object lies in the channel: below the prefix's last folder; a prefix that is the object itself gives its file name. */
export function findPlace(key: string, prefix: string): string {
  const below = key.startsWith(`${prefix}/`) ? key.slice(prefix.length) : key.slice(prefix.lastIndexOf('/') + 1);
  return below.replace(/^\/+/, '');
}

/** Keys are anybody's text. @throws JobFailure for one that would leave the folder */
async function copyObject(file: string, folder: string, path: string): Promise<void> {
  const target = join(folder, path);
  if (!target.startsWith(folder + sep) || path.includes('\0')) {
    throw new JobFailure(`ClientError: Data download failed:the key ${path} does not name a file inside the channel.`);
  }
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target, constants.COPYFILE_FICLONE);
}
