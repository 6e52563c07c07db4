import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isBucketName } from '../../../../src/cloud/services/s3/bucket-name.ts';
import { checkRead, checkWrite } from '../../../../src/cloud/services/s3/conditions.ts';
import { decodeToken, encodeToken, listPage } from '../../../../src/cloud/services/s3/listing.ts';
import { parseRange } from '../../../../src/cloud/services/s3/range.ts';

describe('ranges of an object of 10 bytes', () => {
  const cases: [header: string | undefined, range: string | undefined][] = [
    [undefined, undefined],
    ['bytes=0-0', '0-0'],
    ['bytes=2-5', '2-5'],
    ['bytes=2-', '2-9'],
    ['bytes=2-99', '2-9'],
    ['bytes=-3', '7-9'],
    ['bytes=-99', '0-9'],
    ['bytes=5-2', undefined],
    ['bytes=0-1,4-5', undefined],
    ['bytes=-', undefined],
    ['rows=1-2', undefined],
  ];
  test.each(cases)('%s → %s', (header, range) => {
    const parsed = parseRange(header, 10);
    expect(parsed && `${parsed.start}-${parsed.end}`).toBe(range);
  });

  test.each([
    ['bytes=10-', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
  ])('%s of %i bytes cannot be satisfied', (header, bytes) => {
    expect(() => parseRange(header, bytes)).toThrow(expect.objectContaining({ code: 'InvalidRange', status: 416 }));
  });
});

describe('listing', () => {
  const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'd/1', 'e'];
  const list = (change: object) => listPage(keys, { prefix: '', delimiter: '', maxKeys: 1000, after: undefined, ...change });

  test.each<[string, object, object]>([
    ['everything', {}, { keys, prefixes: [], next: undefined }],
    ['a prefix', { prefix: 'b/' }, { keys: ['b/1', 'b/2', 'b/c/3'], prefixes: [], next: undefined }],
    ['folders', { delimiter: '/' }, { keys: ['a', 'b0', 'e'], prefixes: ['b/', 'd/'], next: undefined }],
    ['a folder', { prefix: 'b/', delimiter: '/' }, { keys: ['b/1', 'b/2'], prefixes: ['b/c/'], next: undefined }],
    ['a page', { maxKeys: 2 }, { keys: ['a', 'b/1'], prefixes: [], next: 'b/1' }],
    ['the page after a folder', { delimiter: '/', maxKeys: 1, after: 'b/' }, { keys: ['b0'], prefixes: [], next: 'b0' }],
    ['after a key', { after: 'b0' }, { keys: ['d/1', 'e'], prefixes: [], next: undefined }],
    ['no keys', { maxKeys: 0 }, { keys: [], prefixes: [], next: undefined }],
  ])('%s', (_what, change, page) => {
    expect(list(change)).toEqual(page);
  });

  test('page by page gives what one page gives', () => {
    const name = fc.stringMatching(/^[ab/]{1,5}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 20 }),
        fc.constantFrom('', '/'),
        fc.integer({ min: 1, max: 4 }),
        (names, delimiter, maxKeys) => {
          const sorted = names.sort();
          const whole = listPage(sorted, { prefix: '', delimiter, maxKeys: 1000, after: undefined });
          const [found, folders]: [string[], string[]] = [[], []];
          let after: string | undefined;
          do {
            const page = listPage(sorted, { prefix: '', delimiter, maxKeys, after });
            found.push(...page.keys);
            folders.push(...page.prefixes);
            after = page.next === undefined ? undefined : decodeToken(encodeToken(page.next));
          } while (after !== undefined);
          expect([found, folders]).toEqual([whole.keys, whole.prefixes]);
        },
      ),
    );
  });
});

const stored = { etag: '"abc"', modified: new Date('2026-11-22T04:00:00.500Z') };
const outcome = (act: () => void) => {
  try {
    act();
    return 'ok';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('conditions', () => {
  test.each([
    [{}, undefined, 'ok'],
    [{ IfNoneMatch: '*' }, undefined, 'ok'],
    [{ IfNoneMatch: '*' }, stored, 'PreconditionFailed'],
    [{ IfMatch: '"abc"' }, stored, 'ok'],
    [{ IfMatch: 'abc' }, stored, 'ok'],
    [{ IfMatch: '"other"' }, stored, 'PreconditionFailed'],
    [{ IfMatch: '"abc"' }, undefined, 'PreconditionFailed'],
  ])('writing with %j over %j: %s', (conditions, existing, expected) => {
    expect(outcome(() => checkWrite(conditions, existing))).toBe(expected);
  });

  test.each([
    [{ IfNoneMatch: '"abc"' }, 'NotModified'],
    [{ IfNoneMatch: '"x", "y"' }, 'ok'],
    [{ IfMatch: '"x"' }, 'PreconditionFailed'],
    [{ IfModifiedSince: new Date('2026-11-22T04:00:00Z') }, 'NotModified'],
    [{ IfModifiedSince: new Date('2026-11-22T03:59:59Z') }, 'ok'],
    [{ IfUnmodifiedSince: new Date('2026-11-22T04:00:00Z') }, 'ok'],
    [{ IfUnmodifiedSince: new Date('2026-11-22T03:59:59Z') }, 'PreconditionFailed'],
  ])('reading with %j: %s', (conditions, expected) => {
    expect(outcome(() => checkRead(conditions, stored))).toBe(expected);
  });
});

test.each([
  ['my-bucket', true],
  ['a.b-c.1', true],
  ['ab', false],
  ['a'.repeat(64), false],
  ['My-Bucket', false],
  ['under_score', false],
  ['-start', false],
  ['double..dot', false],
  ['192.168.0.1', false],
])('bucket name %s: %s', (name, legal) => {
  expect(isBucketName(name)).toBe(legal);
});
