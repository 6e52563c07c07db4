/** Files up to this size go in one request and are held whole in memory; larger ones go in parts of this size, the least that S3 takes. */
export const partBytes = 5 * 2 ** 20;

/** Bytes of such files that are held at once; parts of larger ones are counted by the store. */
export const heldBytes = 16 * 2 ** 20;

/** Writes that are under way at once; S3 answers each in tens of milliseconds. */
export const maxWrites = 48;

/** An archive with more files than this is refused, as is one that says it holds more bytes than that. */
export const maxFiles = 1_000_000;
export const maxTotalBytes = 10 ** 12;

/** A file this much larger than what it was packed into is taken for a bomb; small ones are let be. */
export const maxRatio = 250;
const ratioFreeBytes = 100 * 10 ** 6;

/** S3's limit for a key, in bytes of UTF-8. */
export const maxKeyBytes = 1024;

/** Whether so many bytes out of so few look like a bomb. */
export function isBomb(bytes: number, packedBytes: number): boolean {
  return bytes > ratioFreeBytes && bytes > packedBytes * maxRatio;
}
