import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { packModel } from '../../../src/workspace/pack-model.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'pack-model-'))));
afterEach(() => rm(folder, { recursive: true }));

interface Entry {
  readonly name: string;
  readonly text?: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'character-device';
  readonly linkname?: string;
}

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { text = '', ...header } of entries) tar.entry(header, text);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

async function list(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const entries = extract();
  createReadStream(path).pipe(createGunzip()).pipe(entries);
  for await (const entry of entries) found[entry.header.name] = (await buffer(entry)).toString();
  return found;
}

async function run(trained: Buffer): Promise<Record<string, string>> {
  const code = join(folder, 'code.tar.gz');
  const target = join(folder, 'model.tar.gz');
  await writeFile(
    code,
    await archive([
      { name: 'inference.py', text: 'ours' },
      { name: 'lib/net.py', text: 'net' },
    ]),
  );
  await packModel(Readable.from([trained]), code, target);
  return list(target);
}

describe('packModel', () => {
  test('keeps the model, and puts the serving code where images look for it', async () => {
    const trained = await archive([
      { name: './model.json', text: '{}' },
      { name: 'code/inference.py', text: 'the one of the training job' },
      { name: 'weights', type: 'directory' },
      { name: 'weights/a.bin', text: 'abc' },
      { name: 'latest', type: 'symlink', linkname: 'weights/a.bin' },
    ]);
    expect(await run(trained)).toEqual({
      'model.json': '{}',
      weights: '',
      'weights/a.bin': 'abc',
      latest: '',
      'code/inference.py': 'ours',
      'code/lib/net.py': 'net',
    });
  });

  test.each([
    ['a name that climbs out', [{ name: '../etc/passwd', text: 'x' }], /leads out of the model's folder/],
    ['an absolute name', [{ name: '/etc/passwd', text: 'x' }], /leads out/],
    ['a link that climbs out', [{ name: 'a', type: 'symlink', linkname: '../../x' }], /leads out/],
    ['a device', [{ name: 'null', type: 'character-device' }], /character-device/],
    ['no file', [{ name: 'empty', type: 'directory' }], /holds no file/],
  ] satisfies [string, Entry[], RegExp][])('refuses an archive with %s', async (_what, entries, message) => {
    await expect(run(await archive(entries))).rejects.toThrow(message);
  });

  test.each([
    ['no gzip', Buffer.from('plain text')],
    ['half an archive', gzipSync(Buffer.alloc(3000, 1)).subarray(0, 20)],
  ])('says that %s is no tar.gz', async (_what, bytes) => {
    await expect(run(bytes)).rejects.toThrow(/no tar\.gz/);
  });

  test('a model of many megabytes passes through in pieces', async () => {
    const big = 'weights '.repeat(1_500_000);
    const found = await run(await archive([{ name: 'big.bin', text: big }]));
    expect(found['big.bin']?.length).toBe(big.length);
    expect((await readFile(join(folder, 'model.tar.gz'))).length).toBeLessThan(big.length / 10);
  });
});
