import type { Fill } from './ports.ts';

/** Reads chunks of any size into buffers. */
export function fillFrom(chunks: AsyncIterable<Buffer>): Fill {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return async (into) => {
    let filled = 0;
    while (filled < into.length) {
      if (rest.length === 0) {
        const next = await iterator.next();
        if (next.done) break;
        rest = next.value;
      }
      const copied = rest.copy(into, filled);
      rest = rest.subarray(copied);
      filled += copied;
    }
    return filled;
  };
}

/**
 * Everything of a known size.
 * @param reused memory to read into, if it is large enough
 * @returns undefined when there is less or more than that
 */
export async function readAll(chunks: AsyncIterable<Buffer>, bytes: number, reused?: Buffer): Promise<Buffer | undefined> {
  const into = reused && reused.length >= bytes ? reused.subarray(0, bytes) : Buffer.allocUnsafe(bytes);
  let filled = 0;
  for await (const chunk of chunks) {
    if (filled + chunk.length > bytes) return undefined;
    chunk.copy(into, filled);
    filled += chunk.length;
  }
  return filled === bytes ? into : undefined;
}
