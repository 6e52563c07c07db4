import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createChecksum, isChecksumHeader } from '../../../../src/cloud/wire/checksum.ts';

// The check values of the algorithms: of the nine bytes "123456789" (reveng's catalogue; RFC 3174 and FIPS 180-4 for the digests).
const checkValues: [header: string, hex: string][] = [
  ['x-amz-checksum-crc32', 'cbf43926'],
  ['x-amz-checksum-crc32c', 'e3069283'],
  ['x-amz-checksum-crc64nvme', 'ae8b14860a799888'],
  ['x-amz-checksum-sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['x-amz-checksum-sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
];

function digest(header: string, ...pieces: Uint8Array[]): string | undefined {
  const running = createChecksum(header);
  for (const piece of pieces) running?.update(piece);
  return running?.digest().toString('hex');
}

describe('checksums of object bodies', () => {
  test.each(checkValues)('%s has its published check value', (header, hex) => {
    expect(digest(header, Buffer.from('123456789'))).toBe(hex);
  });

  test.each(checkValues)('%s does not depend on how the bytes arrive', (header) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        expect(digest(header, bytes.subarray(0, cut), bytes.subarray(cut))).toBe(digest(header, bytes));
      }),
      { numRuns: 50 },
    );
  });

  test.each(['x-amz-checksum-mode', 'x-amz-checksum-type', 'x-amz-checksum-algorithm', 'x-amz-checksum-xxhash3', 'crc32'])(
    '%s is no checksum this server computes',
    (header) => {
      expect(isChecksumHeader(header)).toBe(false);
    },
  );
});
