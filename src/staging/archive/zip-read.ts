import { promisify } from 'node:util';
import { crc32, createInflateRaw, inflateRaw as inflateRawCallback } from 'node:zlib';
import { pipeline } from 'node:stream';
import { ActionError } from '../../action-error.ts';
import type { RandomAccess } from '../download/remote-file.ts';
import { readAll } from '../fill.ts';
import { partBytes } from '../limits.ts';
import type { ZipFile } from './zip-directory.ts';

const inflateRaw = promisify(inflateRawCallback);
/** Bytes of an archive that are asked for in one request. */
export const segmentBytes = 2 * 2 ** 20;
/** A gap between two files this small is read along. */
const gapBytes = 64 * 1024;

/** Neighbouring small files that one request brings, or one large file. */
export interface Segment {
  readonly files: readonly ZipFile[];
  readonly start: number;
  readonly end: number;
}

/** @param files in the order in which they lie in the archive */
export function* cutSegments(files: readonly ZipFile[]): Generator<Segment> {
  let current: ZipFile[] = [];
  const cut = (): Segment => ({ files: current, start: current[0]?.start ?? 0, end: current.at(-1)?.end ?? 0 });
  for (const file of files) {
    const [first, last] = [current[0], current.at(-1)];
    const fits =
      first &&
      last &&
      file.end - first.start <= segmentBytes &&
      file.start - last.end <= gapBytes &&
      !isLarge(file) &&
      !isLarge(last);
    if (first && !fits) {
      yield cut();
      current = [];
    }
    current.push(file);
  }
  if (current.length > 0) yield cut();
}

export function isLarge({ bytes, packedBytes }: ZipFile): boolean {
  return bytes > partBytes || packedBytes > partBytes;
}

/** A damaged archive, or one that does not say what it holds. */
export function damaged(shown: string, path: string, what: string): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${shown}: ${JSON.stringify(path)} ${what}.`,
    fix: 'The archive is damaged, or lies about what it holds; test it with unzip -t and pack it anew.',
  });
}

/** Where the data of a file begins behind its local header. */
function findDataStart(header: Buffer): number | undefined {
  if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) return undefined;
  return 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/** A small file out of the bytes of its segment, unpacked and compared with what the directory says of it. */
export async function unpackSmall(file: ZipFile, segment: Segment, bytes: Buffer, shown: string): Promise<Buffer> {
  const own = bytes.subarray(file.start - segment.start, file.end - segment.start);
  const start = findDataStart(own);
  if (start === undefined || start + file.packedBytes > own.length)
    throw damaged(shown, file.path, 'is not where the directory says');
  const packed = own.subarray(start, start + file.packedBytes);
  const data = file.deflated ? await inflate(file, packed, shown) : packed;
  if (data.length !== file.bytes) throw damaged(shown, file.path, `has ${data.length} bytes; the directory says ${file.bytes}`);
  if (crc32(data) !== file.crc32) throw damaged(shown, file.path, 'has another CRC-32 than the directory says');
  return data;
}

async function inflate(file: ZipFile, packed: Buffer, shown: string): Promise<Buffer> {
  try {
    // One byte more than promised is enough to see that there is more.
    return await inflateRaw(packed, { maxOutputLength: file.bytes + 1 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const what =
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `has more than the ${file.bytes} bytes that the directory says`
        : `cannot be unpacked (${code})`;
    throw damaged(shown, file.path, what);
  }
}

/** A large file as a stream; it fails at its end, at the latest, when it is not what the directory says. */
export async function* unpackLarge(file: ZipFile, archive: RandomAccess, shown: string): AsyncGenerator<Buffer> {
  const header = await readAll(archive.stream(file.start, file.start + 30), 30);
  const offset = header && findDataStart(header);
  if (offset === undefined || file.start + offset + file.packedBytes > file.end)
    throw damaged(shown, file.path, 'is not where the directory says');
  const packed = archive.stream(file.start + offset, file.start + offset + file.packedBytes);
  let [bytes, sum] = [0, 0];
  for await (const chunk of file.deflated ? inflateStream(packed, file, shown) : packed) {
    bytes += chunk.length;
    if (bytes > file.bytes) throw damaged(shown, file.path, `has more than the ${file.bytes} bytes that the directory says`);
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (bytes !== file.bytes) throw damaged(shown, file.path, `has ${bytes} bytes; the directory says ${file.bytes}`);
  if (sum !== file.crc32) throw damaged(shown, file.path, 'has another CRC-32 than the directory says');
}

async function* inflateStream(packed: AsyncIterable<Buffer>, file: ZipFile, shown: string): AsyncGenerator<Buffer> {
  const inflated = createInflateRaw({ chunkSize: 256 * 1024 });
  // Its failure is that of the stream that is read below.
  pipeline(packed, inflated, () => undefined);
  try {
    yield* inflated as AsyncIterable<Buffer>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw code.startsWith('Z_') ? damaged(shown, file.path, `cannot be unpacked (${code})`) : error;
  }
}
