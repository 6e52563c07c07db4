import { crc32 } from 'node:zlib';

/** Castagnoli, reflected. */
const crc32cTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** NVM Express, reflected, as high and low words: JavaScript has no fast 64-bit integers. */
const crc64Tables = { high: new Uint32Array(256), low: new Uint32Array(256) };
for (let n = 0; n < 256; n += 1) {
  let [high, low] = [0, n];
  for (let bit = 0; bit < 8; bit += 1) {
    const odd = low & 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (odd) [high, low] = [(high ^ 0x9a6c9329) >>> 0, (low ^ 0xac4bc9b5) >>> 0];
  }
  crc64Tables.high[n] = high;
  crc64Tables.low[n] = low;
}

/** A running checksum; `digest` is big-endian, as S3 writes it. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function createCrc32(): RunningChecksum {
  let value = 0;
  return { update: (bytes) => void (value = crc32(bytes, value)), digest: () => word(value) };
}

export function createCrc32c(): RunningChecksum {
  let value = 0xffffffff;
  return {
    update(bytes) {
      let running = value;
      for (const byte of bytes) running = (crc32cTable[(running ^ byte) & 0xff] ?? 0) ^ (running >>> 8);
      value = running;
    },
    digest: () => word(~value),
  };
}

export function createCrc64Nvme(): RunningChecksum {
  let [high, low] = [0xffffffff, 0xffffffff];
  return {
    update(bytes) {
      let [h, l] = [high, low];
      for (const byte of bytes) {
        const index = (l ^ byte) & 0xff;
        l = ((l >>> 8) | (h << 24)) ^ (crc64Tables.low[index] ?? 0);
        h = (h >>> 8) ^ (crc64Tables.high[index] ?? 0);
      }
      [high, low] = [h, l];
    },
    digest: () => Buffer.concat([word(~high), word(~low)]),
  };
}
