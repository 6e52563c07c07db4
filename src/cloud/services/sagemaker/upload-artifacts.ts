import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import type { Buckets } from '../../contract.ts';
import { JobFailure } from './job-failure.ts';
import { joinKey, parseS3Uri } from './s3-uri.ts';

/** An archive of the same folder of all hosts. */
export interface Artifact {
  /** model.tar.gz, output.tar.gz */
  readonly name: string;
  readonly folders: readonly string[];
  /** Where to write it before it is uploaded. */
  readonly workFolder: string;
  /** `<S3OutputPath>/<job>/output` */
  readonly s3Uri: string;
}

/**
 * Packs and uploads; a path that several hosts wrote is the first host's. Undefined when no host left anything there.
 * @returns the archive's S3 URI and the paths that clashed
 * @throws JobFailure when the bucket does not take it
 */
export async function uploadArtifact(
  buckets: Buckets,
  artifact: Artifact,
): Promise<{ uri: string; clashes: string[] } | undefined> {
  const { files, clashes } = await findFiles(artifact.folders);
  if (files.size === 0) return undefined;
  const archive = join(artifact.workFolder, artifact.name);
  const tar = pack();
  await Promise.all([pipeline(tar, createGzip(), createWriteStream(archive)), addFiles(tar, files)]);
  const { bucket, key } = parseS3Uri(artifact.s3Uri);
  const target = joinKey(key, artifact.name);
  await buckets.putFile(bucket, target, archive).catch((error: unknown) => {
    throw new JobFailure(
      `ClientError: Artifact upload failed:unable to upload to s3://${bucket}/${target} (${error instanceof Error ? error.message : String(error)})`,
    );
  });
  return { uri: `s3://${bucket}/${target}`, clashes };
}

async function findFiles(folders: readonly string[]): Promise<{ files: Map<string, string>; clashes: string[] }> {
  const files = new Map<string, string>();
  const clashes: string[] = [];
  for (const folder of folders) {
    // A script may have removed it, or put a link to somewhere else in its place.
    if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) continue;
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1);
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      if (files.has(name)) clashes.push(name);
      else files.set(name, path);
    }
  }
  return { files, clashes };
}

async function addFiles(tar: Pack, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    for (const [name, path] of files) await addFile(tar, name, path);
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** A link stays a link: what it points to outside the folder is not the job's to give away. */
async function addFile(tar: Pack, name: string, path: string): Promise<void> {
  const found = await lstat(path);
  const { size, mode, mtime } = found;
  if (found.isSymbolicLink()) {
    tar.entry({ name, type: 'symlink', linkname: await readlink(path), mtime });
    return;
  }
  // Exactly `size` bytes, whatever somebody appends meanwhile.
  if (size === 0) tar.entry({ name, size, mode, mtime }, '');
  else await pipeline(createReadStream(path, { end: size - 1 }), tar.entry({ name, size, mode, mtime }));
}
