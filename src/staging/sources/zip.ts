import type { RandomAccess } from '../download/remote-file.ts';
import { cutSegments, damaged, isLarge, type Segment, segmentBytes, unpackLarge, unpackSmall } from '../archive/zip-read.ts';
import type { ZipFile } from '../archive/zip-directory.ts';
import { fillFrom, readAll } from '../fill.ts';
import { maxWrites } from '../limits.ts';
import { hashParts } from '../parts.ts';
import { forEachParallel } from '../pool.ts';
import type { Announced, Writer } from '../writer.ts';

/** Requests for parts of the archive that are under way at once. */
const maxSegments = 6;
/** Files of one segment that are dealt with at once. */
const maxSegmentFiles = 16;

const announce = ({ path, bytes, crc32 }: ZipFile): Announced => ({
  path,
  bytes,
  origin: `crc32:${crc32.toString(16).padStart(8, '0')}`,
});

/** Stages the files of a zip archive; only those that are not there are asked for. */
export async function stageZip(
  archive: RandomAccess,
  shown: string,
  files: readonly ZipFile[],
  dryRun: boolean,
  writer: Writer,
): Promise<void> {
  const missing = new Set(files);
  await forEachParallel(files, maxWrites, async (file) => {
    if (await writer.keepByOrigin(announce(file))) missing.delete(file);
  });
  const wanted = files.filter((file) => missing.has(file));
  if (dryRun) {
    // Its directory does not say what a file's SHA-256 would be.
    for (const file of wanted) writer.note({ ...announce(file), content: '', etag: '' }, true);
    return;
  }
  // Used again and again: what is left to the garbage collector is freed late, and there is much of it.
  const buffers: Buffer[] = [];
  await forEachParallel(cutSegments(wanted), maxSegments, async (segment) => {
    const [first] = segment.files;
    if (first && isLarge(first)) return stageLarge(first, archive, shown, writer);
    const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(segmentBytes);
    await stageSegment(segment, buffer, archive, shown, writer);
    buffers.push(buffer);
  });
}

async function stageSegment(
  segment: Segment,
  buffer: Buffer,
  archive: RandomAccess,
  shown: string,
  writer: Writer,
): Promise<void> {
  const { start, end, files } = segment;
  const bytes = await readAll(archive.stream(start, end), end - start, buffer);
  if (!bytes) throw damaged(shown, files[0]?.path ?? '', 'lies beyond the end of the archive');
  await forEachParallel(files, maxSegmentFiles, async (file) => {
    const release = await writer.memory.take(file.bytes);
    try {
      await writer.write(announce(file), await unpackSmall(file, segment, bytes, shown));
    } finally {
      release();
    }
  });
}

async function stageLarge(file: ZipFile, archive: RandomAccess, shown: string, writer: Writer): Promise<void> {
  const announced = announce(file);
  const read = () => fillFrom(unpackLarge(file, archive, shown));
  if (writer.mayBeThere(announced) && (await writer.keepByContent(announced, await hashParts(read(), file.bytes)))) return;
  await writer.writeLarge(announced, read());
}
