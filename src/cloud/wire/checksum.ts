import { createHash } from 'node:crypto';
import { createCrc32, createCrc32c, createCrc64Nvme, type RunningChecksum } from './crc.ts';

const algorithms: Readonly<Record<string, () => RunningChecksum>> = {
  crc32: createCrc32,
  crc32c: createCrc32c,
  crc64nvme: createCrc64Nvme,
  sha1: () => createHash('sha1'),
  sha256: () => createHash('sha256'),
};

const prefix = 'x-amz-checksum-';

/** A running checksum for a header like `x-amz-checksum-crc32`; undefined when the header names none we know. */
export function createChecksum(header: string): RunningChecksum | undefined {
  return header.startsWith(prefix) ? algorithms[header.slice(prefix.length)]?.() : undefined;
}

/** Whether the header announces the checksum of a body, and not the kind of it (`x-amz-checksum-mode`, `-type`, `-algorithm`). */
export const isChecksumHeader = (header: string): boolean => createChecksum(header) !== undefined;
