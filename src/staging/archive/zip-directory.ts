import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, RandomAccessReader } from 'yauzl';
import { ActionError } from '../../action-error.ts';
import type { RandomAccess } from '../download/remote-file.ts';
import { readAll } from '../fill.ts';
import { isBomb, maxFiles, maxTotalBytes } from '../limits.ts';
import { isLeftOut, normalisePath, type PathCheck } from '../paths.ts';

/** A file of a zip archive, as its directory describes it. */
export interface ZipFile {
  readonly path: string;
  readonly bytes: number;
  readonly packedBytes: number;
  readonly crc32: number;
  readonly deflated: boolean;
  /** Where its local header begins, and where the next thing in the archive does. */
  readonly start: number;
  readonly end: number;
}

/** Longest local header: its fixed part, a name and extra fields. */
const maxHeaderBytes = 30 + 2 * 65_535;
/** Behind the data of a file that was packed as a stream: signature, CRC and two sizes of 8 bytes. */
const maxDescriptorBytes = 24;

/**
 * Reads the directory of a zip archive. What is wrong with its paths is collected in `check`.
 * @returns files in the order in which they lie in the archive, and how many were left out
 */
export async function readZipDirectory(
  archive: RandomAccess,
  shown: string,
  check: PathCheck,
): Promise<{ files: ZipFile[]; leftOut: number }> {
  const listed: Listed[] = [];
  try {
    const zip = await fromRandomAccessReaderPromise(new WindowReader(archive), archive.bytes, { decodeStrings: false });
    if (zip.entryCount > maxFiles) throw tooLarge(shown, `${zip.entryCount.toLocaleString('en-US')} entries`);
    for await (const entry of zip.eachEntry()) listed.push(listEntry(entry));
  } catch (error) {
    if (error instanceof ActionError || !isFormatError(error)) throw error;
    throw new ActionError({
      kind: 'input',
      message: `${shown} cannot be read as a zip archive: ${error.message.replace(/\.+$/, '')}.`,
      fix: 'The file may be cut or damaged; test it with unzip -t.',
      cause: error,
    });
  }
  return listFiles(listed, archive.bytes, shown, check);
}

/** What is kept of an entry: its other buffers would be most of the memory that a large archive takes. */
type Listed = Omit<ZipFile, 'end'> & { readonly fault: string | undefined };

function listEntry(entry: Entry): Listed {
  return {
    path: normalisePath(getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)),
    bytes: entry.uncompressedSize,
    packedBytes: entry.compressedSize,
    crc32: entry.crc32,
    deflated: entry.compressionMethod === 8,
    start: entry.relativeOffsetOfLocalHeader,
    fault: findEntryFault(entry),
  };
}

/** What yauzl finds wrong has no code; what the network or the disk does has one, or is an ActionError. */
function isFormatError(error: unknown): error is Error {
  return error instanceof Error && !('code' in error) && error.name !== 'AbortError';
}

function listFiles(listed: Listed[], bytes: number, shown: string, check: PathCheck): { files: ZipFile[]; leftOut: number } {
  listed.sort((a, b) => a.start - b.start);
  const files: ZipFile[] = [];
  let [leftOut, total] = [0, 0];
  for (const [index, { fault, ...file }] of listed.entries()) {
    const { path, start, packedBytes } = file;
    if (path === '' || path.endsWith('/')) continue;
    if (isLeftOut(path)) {
      leftOut += 1;
      continue;
    }
    const next = listed[index + 1]?.start ?? bytes;
    if (fault !== undefined) check.refuse(path, fault);
    else if (start + 30 + packedBytes > next) check.refuse(path, 'shares its bytes with another file');
    total += file.bytes;
    if (total > maxTotalBytes) throw tooLarge(shown, 'more than 1 TB');
    if (check.add(path)) files.push({ ...file, end: Math.min(next, start + maxHeaderBytes + packedBytes + maxDescriptorBytes) });
  }
  return { files, leftOut };
}

const unixHost = 3;
const fileTypeMask = 0o170000;
const plainFile = 0o100000;

function findEntryFault(entry: Entry): string | undefined {
  const type = entry.versionMadeBy >> 8 === unixHost ? (entry.externalFileAttributes >>> 16) & fileTypeMask : 0;
  if (type !== 0 && type !== plainFile) return type === 0o120000 ? 'is a link' : 'is neither a file nor a folder';
  if (entry.isEncrypted()) return 'is encrypted';
  if (![0, 8].includes(entry.compressionMethod))
    return `is packed by method ${entry.compressionMethod}; only stored and deflated files can be read`;
  if (isBomb(entry.uncompressedSize, entry.compressedSize))
    return `grows from ${entry.compressedSize} to ${entry.uncompressedSize} bytes, which is no real data`;
  return undefined;
}

function tooLarge(shown: string, what: string): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${shown} says it holds ${what}; at most ${maxFiles.toLocaleString('en-US')} files and 1 TB are staged from one archive.`,
    fix: 'Split the archive, or stage from an s3:// prefix, which has no such limit.',
  });
}

/** Gives yauzl its small reads out of large ones: first the end of the archive, then the directory piece by piece. */
class WindowReader extends RandomAccessReader {
  readonly #archive: RandomAccess;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(archive: RandomAccess) {
    super();
    this.#archive = archive;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void): void {
    void (async () => done(await this.#read(buffer, offset, length, position)))();
  }

  async #read(buffer: Buffer, offset: number, length: number, position: number): Promise<Error | null> {
    try {
      await this.#load(position, length);
      this.#window.copy(buffer, offset, position - this.#start, position - this.#start + length);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #load(position: number, length: number): Promise<void> {
    if (position >= this.#start && position + length <= this.#start + this.#window.length) return;
    const { bytes } = this.#archive;
    // The first read is of the archive's end, and most directories lie just before it.
    const start = position + length >= bytes ? Math.max(0, Math.min(position, bytes - windowBytes)) : position;
    const end = Math.min(bytes, Math.max(position + length, start + windowBytes));
    const read =
      start < 0 || position + length > bytes ? undefined : await readAll(this.#archive.stream(start, end), end - start);
    if (!read) throw new Error('it points outside of itself');
    this.#window = read;
    this.#start = start;
  }
}

const windowBytes = 2 ** 20;
