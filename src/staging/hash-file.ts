import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** SHA-256 in hex and CRC-32 of a stream, in one pass. */
export async function hashStream(chunks: AsyncIterable<Buffer>): Promise<{ sha256: string; crc32: number }> {
  const hash = createHash('sha256');
  let sum = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    sum = crc32(chunk, sum);
  }
  return { sha256: hash.digest('hex'), crc32: sum };
}
