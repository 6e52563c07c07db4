import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AwsChunkedDecoder } from '../../../../src/cloud/wire/aws-chunked.ts';

async function decode(encoded: Buffer, cuts: readonly number[] = []) {
  const decoder = new AwsChunkedDecoder();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), encoded.length];
  const pieces = edges.slice(1).map((end, n) => encoded.subarray(edges[n], end));
  for (const piece of pieces) decoder.write(piece);
  decoder.end();
  const chunks: Buffer[] = [];
  for await (const chunk of decoder as AsyncIterable<Buffer>) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), trailers: decoder.trailers };
}

function encode(chunks: readonly Uint8Array[], trailers: string, extension = ''): Buffer {
  const parts = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}${extension}\r\n`, chunk, '\r\n']);
  return Buffer.concat([...parts, `0${extension}\r\n${trailers}\r\n`].map((part) => Buffer.from(part)));
}

describe('aws-chunked', () => {
  test('gives the bytes and the trailers', async () => {
    const { bytes, trailers } = await decode(
      encode([Buffer.from('hello '), Buffer.from('world')], 'x-amz-checksum-crc32: abc=\r\n'),
    );
    expect(bytes.toString()).toBe('hello world');
    expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'abc=' });
  });

  test('takes signed chunks and chunks whose bytes look like line ends', async () => {
    const { bytes } = await decode(encode([Buffer.from('\r\n0\r\n')], '', ';chunk-signature=ab12'));
    expect(bytes.toString()).toBe('\r\n0\r\n');
  });

  test('does not depend on where the network cuts it', async () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), fc.array(fc.nat(400), { maxLength: 12 }), async (chunks, cuts) => {
        const encoded = encode(chunks, 'x-amz-checksum-sha1: s\r\nx-other: o\r\n');
        const { bytes, trailers } = await decode(
          encoded,
          cuts.map((cut) => Math.min(cut, encoded.length)),
        );
        expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
        expect(trailers).toEqual({ 'x-amz-checksum-sha1': 's', 'x-other': 'o' });
      }),
      { numRuns: 100 },
    );
  });

  const whole = encode([Buffer.from('hello')], 'x-amz-checksum-crc32: abc=\r\n');
  test.each([1, 3, 8, 10, 12, 15, whole.length - 3])('an upload that ends after %i bytes is incomplete', async (length) => {
    await expect(decode(whole.subarray(0, length))).rejects.toMatchObject({ code: 'IncompleteBody' });
  });

  test.each(['zz\r\n', '-1\r\nx', '123456789\r\n'])('a size of %j is refused', async (text) => {
    await expect(decode(Buffer.from(text))).rejects.toMatchObject({ code: 'InvalidRequest' });
  });

  test('a line without end does not fill the memory', async () => {
    await expect(decode(Buffer.alloc(20_000, 'a'))).rejects.toMatchObject({ code: 'InvalidRequest' });
  });
});
