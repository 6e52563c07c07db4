import { createHash } from 'node:crypto';
import type { Problem } from '../../action-error.ts';
import { zoneUri } from '../../records/keys.ts';
import type { ObjectStore } from '../../records/ports.ts';
import { hideQuery } from '../../staging/download/address.ts';
import { findStaged } from '../../staging/find-staged.ts';
import type { DataChannel } from '../../spec/spec.ts';
import { hashOf } from '../../training/fingerprint.ts';
import type { Content } from '../../training/plan.ts';
import { problemOf } from './choose.ts';
import type { Settings, TrainDeps } from './deps.ts';

/** Content that jobs will read, and the files that have to be uploaded for it. Nothing is written until `upload`. */
export interface Prepared extends Content {
  /** Key of the spec, for the log. */
  readonly name: string;
  readonly files: readonly {
    readonly uri: string;
    readonly path: string;
    readonly bytes?: number;
    readonly contentType: string;
  }[];
}

const maxParallelUploads = 8;
/** Letters of a hash that the log shows. */
const hashLength = 10;

/** Packs the code folder and adds the launcher; the hash covers both. */
export async function prepareCode(
  settings: Pick<Settings, 'code' | 'bucket'>,
  deps: Pick<TrainDeps, 'workspace' | 'readText' | 'launcher' | 'zone' | 'log'>,
): Promise<Prepared> {
  const packed = await deps.workspace.pack(settings.code.directory);
  const launcher = await deps.readText(deps.launcher);
  const hash = hashOf({ code: packed.hash, launcher: createHash('sha256').update(launcher).digest('hex') });
  const uri = `${zoneUri(settings.bucket, deps.zone)}code/${hash}/`;
  deps.log.info(
    `Code: ${countFiles(packed.files)} of ${settings.code.directory}, ${formatBytes(packed.bytes)}, hash ${hash.slice(0, hashLength)}.`,
  );
  return {
    name: 'code',
    hash,
    uri,
    files: [
      { uri: `${uri}code.tar.gz`, path: packed.archive, contentType: 'application/gzip' },
      { uri: `${uri}launcher.py`, path: deps.launcher, contentType: 'text/x-python' },
    ],
  };
}

type Place = Pick<Settings, 'spec' | 'bucket'>;

/** Finds the data of one channel: where it is in S3, or what to upload of a folder. */
export async function prepareChannel(
  name: string,
  channel: DataChannel,
  settings: Place,
  deps: Pick<TrainDeps, 'workspace' | 'objects' | 'zone' | 'log'>,
): Promise<{ content: Prepared } | { problem: Problem }> {
  const key = `data.${name}`;
  const { from } = channel;
  if (from.kind === 'folder') return prepareFolder(key, from.path, settings, deps);
  if (from.kind === 's3') {
    const content = await findListing(key, from.uri, deps.objects);
    if (content) return { content };
    const fix = 'Check the prefix, the bucket and that the role of this workflow may list it.';
    return { problem: problemOf(settings.spec, `${key}.from`, `There is no object below ${from.uri}.`, fix) };
  }
  const staged = channel.to === undefined ? undefined : await findStaged(key, channel.to, deps);
  if (staged) return { content: { name: key, ...staged, files: [] } };
  const problem =
    channel.to === undefined
      ? {
          message: `${hideQuery(from.url)} has to be staged to S3 before it can be trained on, and there is no prefix to stage it to.`,
          fix: `Add "to: s3://${settings.bucket}/<prefix>" to ${key}.`,
        }
      : {
          message: `${hideQuery(from.url)} has not been staged yet: there is no object below ${channel.to}.`,
          fix: 'Stage it with the action stage-data on the default branch; training there does the same.',
        };
  return { problem: problemOf(settings.spec, key, problem.message, problem.fix) };
}

async function prepareFolder(
  key: string,
  folder: string,
  settings: Place,
  deps: Pick<TrainDeps, 'workspace' | 'zone'>,
): Promise<{ content: Prepared } | { problem: Problem }> {
  const manifest = await deps.workspace.manifest(folder);
  if (manifest.length === 0) {
    return {
      problem: problemOf(
        settings.spec,
        `${key}.from`,
        `The folder ${folder} has no files.`,
        'Name a folder with data, or fetch it in an earlier step.',
      ),
    };
  }
  const hash = hashOf(manifest.map(({ path, bytes, sha256 }) => [path, bytes, sha256]));
  const uri = `${zoneUri(settings.bucket, deps.zone)}data/${hash}/`;
  const files = manifest.map(({ path, file, bytes }) => ({
    uri: uri + path,
    path: file,
    bytes,
    contentType: 'application/octet-stream',
  }));
  return { content: { name: key, hash, uri, files } };
}

async function findListing(name: string, uri: string, objects: ObjectStore): Promise<Prepared | undefined> {
  const listing = await objects.list(uri);
  if (listing.length === 0) return undefined;
  return {
    name,
    uri,
    hash: hashOf(listing.map((object) => [object.uri.slice(uri.length), object.bytes, object.etag])),
    files: [],
  };
}

/**
 * Uploads what is not there yet. Keys are named by content, so an object that is there is the right one; for data its size is
 * compared too. An archive's size depends on the zlib that packed it, so it is not.
 */
export async function upload(contents: readonly Prepared[], deps: Pick<TrainDeps, 'objects' | 'log' | 'signal'>): Promise<void> {
  for (const { name, uri, files } of contents) {
    if (files.length === 0) continue;
    const there = new Map((await deps.objects.list(uri)).map((object) => [object.uri, object.bytes]));
    const missing = files.filter(
      (file) => !there.has(file.uri) || (file.bytes !== undefined && there.get(file.uri) !== file.bytes),
    );
    deps.log.info(`${name}: ${describeUpload(missing.length, files.length, uri)}.`);
    await uploadFiles(missing, deps);
  }
}

function describeUpload(missing: number, all: number, uri: string): string {
  const place = shortenUri(uri);
  if (missing === 0) return `${countFiles(all)} already at ${place}`;
  const what = missing === all ? countFiles(all) : `${missing} of ${countFiles(all)}`;
  return `uploading ${what} to ${place}`;
}

async function uploadFiles(files: Prepared['files'], deps: Pick<TrainDeps, 'objects' | 'signal'>): Promise<void> {
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file && !deps.signal.aborted; file = queue.shift()) {
      await deps.objects.writeFile(file.uri, file.path, file.contentType);
    }
  };
  await Promise.all(Array.from({ length: maxParallelUploads }, worker));
}

function countFiles(count: number): string {
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}

/** A whole hash is noise to a reader; its first letters are enough to find it. */
function shortenUri(uri: string): string {
  return uri.replaceAll(/[0-9a-f]{64}/g, (hash) => `${hash.slice(0, hashLength)}…`);
}

function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
