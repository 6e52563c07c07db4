import { createHash } from 'node:crypto';
import { partBytes } from './limits.ts';
import type { Fill } from './ports.ts';

/** S3 takes 10,000 parts of an object. */
const mostParts = 9_000;

/** How large the parts of a file are: always the same for a size, so that equal files have equal parts. */
export function getPartBytes(bytes: number): number {
  return Math.max(partBytes, Math.ceil(bytes / mostParts));
}

/** SHA-256 of one part. At once: what Web Crypto does in another thread, it does with a copy that costs as much as the hash. */
export function hashPart(part: Buffer): Buffer {
  return createHash('sha256').update(part).digest();
}

/** The content of a file in parts: SHA-256 over the hashes of its parts, which is what S3 computes of it, too. */
export function describeParts(hashes: readonly Buffer[]): string {
  return `sha256-parts:${createHash('sha256').update(Buffer.concat(hashes)).digest('hex')}`;
}

/** The same of a file that is only read. */
export async function hashParts(fill: Fill, bytes: number, onBytes?: (bytes: number) => void): Promise<string> {
  const buffer = Buffer.allocUnsafeSlow(getPartBytes(bytes));
  const hashes: Buffer[] = [];
  for (let filled = await fill(buffer); filled > 0; filled = await fill(buffer)) {
    hashes.push(hashPart(buffer.subarray(0, filled)));
    onBytes?.(filled);
    if (filled < buffer.length) break;
  }
  return describeParts(hashes);
}
