import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, type Header, pack as createPack, type Pack } from 'tar-stream';
import { ActionError } from '../action-error.ts';

/** Folder in which serving images look for the code. */
const codeFolder = 'code/';
const kinds: ReadonlySet<string> = new Set(['file', 'contiguous-file', 'directory', 'symlink', 'link']);

/**
 * Writes one model.tar.gz: everything of the trained archive but its own `code/`, and the serving code under `code/`.
 * Both are read as streams, entry by entry, so memory does not grow with the model.
 * @param trained the training job's model.tar.gz
 * @param codeArchive path of a tar.gz of the code folder
 * @returns number of files from each side
 */
export async function packModel(
  trained: Readable,
  codeArchive: string,
  path: string,
): Promise<{ modelFiles: number; codeFiles: number }> {
  const pack = createPack();
  const written = pipeline(pack, createGzip(), createWriteStream(path));
  written.catch(() => undefined); // awaited below; a rejection in between is not unhandled
  try {
    const modelFiles = await copyEntries(trained, pack, (name) => (isCode(name) ? undefined : name));
    if (modelFiles === 0) throw refuse('holds no file', 'Let the training script write its model to SM_MODEL_DIR.');
    const codeFiles = await copyEntries(createReadStream(codeArchive), pack, (name) => codeFolder + name);
    pack.finalize();
    await written;
    return { modelFiles, codeFiles };
  } catch (error) {
    trained.destroy();
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
    await written.catch(() => undefined);
    throw error;
  }
}

/** @param rename undefined leaves an entry out @returns the files among what was copied */
async function copyEntries(archive: Readable, pack: Pack, rename: (name: string) => string | undefined): Promise<number> {
  const entries = extract();
  const read = pipeline(archive, createGunzip(), entries);
  read.catch(() => undefined); // awaited below
  let files = 0;
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const name = rename(checkName(header));
      if (name === undefined) {
        entry.resume();
        continue;
      }
      if (header.type === 'file' || header.type === 'contiguous-file') files += 1;
      await pipeline(entry, pack.entry({ ...toHeader(header), name }));
    }
    await read;
  } catch (error) {
    throw unreadable(error);
  }
  return files;
}

/** Whose a file was on the training machine says nothing on the serving one. */
function toHeader({ name, size, mode, mtime, type, linkname }: Header) {
  return { name, size, mode, mtime, type, ...(typeof linkname === 'string' ? { linkname } : {}), uid: 0, gid: 0 };
}

/** Name of an entry, relative and without `./`. What a script wrote is unpacked on a machine of ours: it may not leave its folder. */
function checkName({ name, type, linkname }: Header): string {
  if (!kinds.has(type ?? 'file'))
    throw refuse(`holds ${JSON.stringify(name)}, which is a ${type}`, 'Write files and folders only.');
  if (leaves(name) || (typeof linkname === 'string' && leaves(linkname)))
    throw refuse(`holds ${JSON.stringify(name)}, which leads out of the model's folder`, 'Write below SM_MODEL_DIR only.');
  return name.replace(/^(?:\.\/)+/, '');
}

const leaves = (path: string): boolean => path.startsWith('/') || path.split('/').includes('..');

const isCode = (name: string): boolean => name === '' || name === 'code' || name.startsWith(codeFolder);

function refuse(seen: string, fix: string): ActionError {
  return new ActionError({ kind: 'input', message: `The trained archive ${seen}.`, fix });
}

/** A failure of zlib or tar, in our words; anything else as it is. */
function unreadable(error: unknown): unknown {
  if (error instanceof ActionError || !/header|zlib|unexpected end|checksum|Z_\w+_ERROR/i.test(String(error))) return error;
  return refuse(`cannot be read: it is no tar.gz (${String(error)})`, 'Name the model.tar.gz of a training job as `model`.');
}
