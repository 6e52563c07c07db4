import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ObjectBody } from '../../../../src/cloud/wire/object-body.ts';

type Headers = Record<string, string>;

async function pass(text: string, headers: Headers, trailers: Headers = {}) {
  const body = new ObjectBody(headers, trailers);
  body.end(text);
  let seen = '';
  for await (const chunk of body as AsyncIterable<Buffer>) seen += chunk.toString();
  return { seen, checksums: body.checksums };
}

const md5 = createHash('md5').update('hello').digest('base64');
const sha256 = createHash('sha256').update('hello').digest('hex');

describe('what was promised about a body', () => {
  test('holds, and the checksums are told', async () => {
    const headers = {
      'x-amz-checksum-crc32': 'NhCmhg==',
      'content-md5': md5,
      'x-amz-content-sha256': sha256,
      'x-amz-decoded-content-length': '5',
    };
    expect(await pass('hello', headers)).toEqual({ seen: 'hello', checksums: { 'x-amz-checksum-crc32': 'NhCmhg==' } });
  });

  test('holds when it comes behind the body', async () => {
    const announced = { 'x-amz-trailer': 'x-amz-checksum-crc32', 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
    expect((await pass('hello', announced, { 'x-amz-checksum-crc32': 'NhCmhg==' })).checksums).toEqual({
      'x-amz-checksum-crc32': 'NhCmhg==',
    });
  });

  const wrong: [what: string, headers: Headers, trailers: Headers, code: string][] = [
    ['a checksum', { 'x-amz-checksum-crc32': 'AAAAAA==' }, {}, 'BadDigest'],
    ['a trailing checksum', { 'x-amz-trailer': 'x-amz-checksum-sha1' }, { 'x-amz-checksum-sha1': 'nope' }, 'BadDigest'],
    ['an announced checksum that never came', { 'x-amz-trailer': 'x-amz-checksum-crc32' }, {}, 'BadDigest'],
    ['Content-MD5', { 'content-md5': 'AAAA' }, {}, 'BadDigest'],
    ['the signed digest', { 'x-amz-content-sha256': '0'.repeat(64) }, {}, 'XAmzContentSHA256Mismatch'],
    ['the length', { 'x-amz-decoded-content-length': '6' }, {}, 'IncompleteBody'],
  ];
  test.each(wrong)('does not hold: %s', async (_what, headers, trailers, code) => {
    await expect(pass('hello', headers, trailers)).rejects.toMatchObject({ code });
  });
});
