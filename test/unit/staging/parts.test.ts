import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { findArchiveKind } from '../../../src/staging/archive/kind.ts';
import { cutSegments } from '../../../src/staging/archive/zip-read.ts';
import type { ZipFile } from '../../../src/staging/archive/zip-directory.ts';
import { hideQuery, isPrivate, mapAddress } from '../../../src/staging/download/address.ts';
import { fillFrom, readAll } from '../../../src/staging/fill.ts';
import { isBomb } from '../../../src/staging/limits.ts';
import { hashParts } from '../../../src/staging/parts.ts';
import { createPathCheck, normalisePath } from '../../../src/staging/paths.ts';
import { createBudget, forEachParallel } from '../../../src/staging/pool.ts';
import { createProgress, formatBytes } from '../../../src/staging/progress.ts';
import { parseTarget } from '../../../src/staging/target.ts';

describe('the target', () => {
  test.each([
    ['s3://b/data/dogs', 's3://b/data/dogs/', 's3://b/data/dogs.manifest.json'],
    ['s3://b/dogs///', 's3://b/dogs/', 's3://b/dogs.manifest.json'],
  ])('%s', (to, uri, manifestUri) => {
    expect(parseTarget(to)).toEqual({ bucket: 'b', uri, manifestUri });
  });

  test.each([
    's3://b',
    's3://b/',
    's3://b//',
    's3://b/trainyard',
    's3://b/trainyard/pr/7/',
    's3://b/a//b',
    's3://b/a/../c',
    'b/c',
  ])('%s is refused', (to) => {
    expect(() => parseTarget(to)).toThrow('The target');
  });
});

describe('paths', () => {
  const target = parseTarget('s3://b/data/dogs');
  const faultsOf = (...paths: string[]) => {
    const check = createPathCheck(target, 'a.zip');
    for (const path of paths) check.add(path);
    return check.problems.map(({ message }) => message);
  };

  test.each([
    ['../x', 'has .. in its path'],
    ['a/../../x', 'has .. in its path'],
    ['/etc/passwd', 'is an absolute path'],
    ['c:/x', 'is an absolute path'],
    ['a//b', 'has an empty part or . in its path'],
    ['a/./b', 'has an empty part or . in its path'],
    ['a\nb', 'has a control character in its name'],
    ['a'.repeat(1_020), 'makes a key of 1030 bytes, and S3 takes 1024'],
  ])('%j is refused', (path, fault) => {
    expect(faultsOf(path)[0]).toContain(fault);
  });

  test.each([
    [['a', 'a'], ['a.zip: "a" is there twice.']],
    [['a', 'a/b/c'], ['a.zip: "a/b/c" lies in "a", which is a file.']],
    [['a/b/c', 'a/b'], ['a.zip: "a/b" is both a file and a folder.']],
    [['a/b/c', 'a/b/d', 'a/e', 'A/e', 'a b/ü..csv', '..a/b...'], []],
  ])('%j together', (paths, faults) => {
    expect(faultsOf(...paths)).toEqual(faults);
  });

  test('what is allowed never leads out of its folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', ':') }), (path) => {
        const normal = normalisePath(path);
        if (faultsOf(normal).length > 0) return;
        expect(new URL(`file:///x/${encodeURI(normal)}`).pathname.startsWith('/x/')).toBe(true);
        expect(normal.split('/')).not.toContain('..');
      }),
    );
  });

  test('all that is wrong is counted, the first twenty are told', () => {
    const check = createPathCheck(target, 'a.zip');
    for (let n = 0; n < 30; n += 1) check.add(`../${n}`);
    expect([check.count, check.problems.length]).toEqual([30, 20]);
  });
});

describe('addresses', () => {
  test.each([
    ['https://example.org/a/b.zip?sig=1#x', undefined, 'https://example.org/a/b.zip?sig=1#x'],
    ['https://example.org:8443/a.zip?sig=1', 'http://127.0.0.1:9/', 'http://127.0.0.1:9/example.org:8443/a.zip?sig=1'],
  ])('%s with the stand-in %s', (url, base, asked) => {
    expect(mapAddress(new URL(url), base).href).toBe(asked);
    expect(hideQuery(url)).not.toContain('sig');
  });

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
    'no address',
  ])('%s is private', (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
    expect(isPrivate(address)).toBe(false);
  });
});

describe('archives', () => {
  test.each([
    [Buffer.from('504b0304', 'hex'), 'zip'],
    [Buffer.from('504b0506', 'hex'), 'zip'],
    [Buffer.from('1f8b08', 'hex'), 'tar.gz'],
    [Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]), 'tar'],
    [Buffer.from('<!doctype html>'), undefined],
    [Buffer.alloc(0), undefined],
  ])('%j begin so', (head, kind) => {
    expect(findArchiveKind(head)).toBe(kind);
  });

  test.each([
    [100e6, 1, false],
    [100e6 + 1, 400_000, true],
    [200e6, 1e6, false],
    [1e9, 1e6, true],
  ])('%d bytes out of %d: a bomb? %s', (bytes, packed, bomb) => {
    expect(isBomb(bytes, packed)).toBe(bomb);
  });

  test('neighbours that are small share a request, whatever lies between them', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 20_000_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(size, fc.integer({ min: 0, max: 200_000 }))), (sizes) => {
        let at = 0;
        const files = sizes.map(([bytes, gap], n): ZipFile => {
          const start = at + gap;
          at = start + bytes + 30;
          return { path: String(n), bytes, packedBytes: bytes, crc32: 0, deflated: false, start, end: at };
        });
        const segments = [...cutSegments(files)];
        expect(segments.flatMap((segment) => segment.files)).toEqual(files);
        for (const { start, end, files: inside } of segments) {
          expect([inside[0]?.start, inside.at(-1)?.end]).toEqual([start, end]);
          if (inside.length > 1) expect(end - start).toBeLessThanOrEqual(2 * 2 ** 20);
        }
      }),
    );
  });
});

async function* chunksOf(data: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let n = 0; at < data.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield data.subarray(at, at + size);
    at += size;
  }
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

describe('streams', () => {
  test('fill buffers of any size in order, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 64 }),
        async (bytes, sizes, size) => {
          const data = Buffer.from(bytes);
          const fill = fillFrom(chunksOf(data, sizes));
          const got: Buffer[] = [];
          for (let filled = size; filled === size;) {
            const into = Buffer.alloc(size);
            filled = await fill(into);
            got.push(into.subarray(0, filled));
          }
          expect(Buffer.concat(got)).toEqual(data);
          expect(await readAll(chunksOf(data, sizes), data.length)).toEqual(data);
          expect(await readAll(chunksOf(data, sizes), data.length + 1)).toBeUndefined();
          if (data.length > 0) expect(await readAll(chunksOf(data, sizes), data.length - 1)).toBeUndefined();
        },
      ),
    );
  });

  test('a file in parts has the checksum that S3 computes of it', async () => {
    const data = Buffer.alloc(7 * 2 ** 20, 'trainyard');
    const parts = [data.subarray(0, 5 * 2 ** 20), data.subarray(5 * 2 ** 20)];
    const expected = sha256(Buffer.concat(parts.map(sha256))).toString('hex');
    expect(await hashParts(fillFrom(chunksOf(data, [100_000])), data.length)).toBe(`sha256-parts:${expected}`);
  });
});

describe('many at once', () => {
  test('never more than the most, each once, and the first failure is thrown when the rest has ended', async () => {
    let [active, peak] = [0, 0];
    const done: number[] = [];
    const work = async (item: number) => {
      active += 1;
      peak = Math.max(peak, active);
      await new Promise((resolve) => setImmediate(resolve));
      active -= 1;
      if (item === 20) throw new Error('twenty');
      done.push(item);
    };
    await expect(
      forEachParallel(
        Array.from({ length: 100 }, (_, n) => n),
        8,
        work,
      ),
    ).rejects.toThrow('twenty');
    expect([peak, active]).toEqual([8, 0]);
    expect(done.length).toBeLessThan(40);
  });

  test('a budget is given in order, and what is larger than all of it gets all of it', async () => {
    const budget = createBudget(10);
    const order: string[] = [];
    const first = await budget.take(8);
    const large = budget.take(50).then((release) => (order.push('large'), release));
    const small = budget.take(1).then((release) => (order.push('small'), release));
    await Promise.resolve();
    expect(order).toEqual([]);
    first();
    first();
    (await large)();
    await small;
    expect(order).toEqual(['large', 'small']);
  });
});

describe('what the log says', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [30_000, '30 kB'],
    [1_234_567, '1.2 MB'],
    [10_400_000_000, '10 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('how far it is, how fast, and how long it takes, every ten seconds', () => {
    const lines: string[] = [];
    let now = 0;
    const clock = { now: () => new Date(now), sleep: async () => undefined };
    const progress = createProgress(
      'data',
      { files: 100, bytes: 300e6 },
      { log: { info: (line) => void lines.push(line) }, clock },
    );
    for (let n = 0; n < 60; n += 1) {
      now += 250;
      progress.addBytes(1e6);
      progress.addFile();
    }
    expect(lines).toEqual(['data: 39 of 100 files, 40 MB of 300 MB, 4.0 MB/s, about 1 m 05 s left.']);
  });
});
