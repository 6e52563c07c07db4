import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findStaged } from '../../../src/staging/find-staged.ts';
import { Readable } from 'node:stream';
import { createWorld, to, type World } from './world.ts';

const worlds: World[] = [];
afterEach(() => {
  for (const { root } of worlds.splice(0)) rmSync(root, { recursive: true, force: true });
});

function withFiles(files: Record<string, string>): World {
  const world = createWorld();
  worlds.push(world);
  for (const [path, text] of Object.entries(files)) write(world, path, text);
  return world;
}
function write(world: World, path: string, text: string): void {
  const file = join(world.root, 'images', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const from = { kind: 'folder', path: 'images' } as const;
const changes = ({ calls }: World) => calls.filter((call) => !/^(?:list|describe) /.test(call));
const look = (world: World) =>
  findStaged('data', to, {
    objects: {
      list: async (uri) =>
        [...world.objects]
          .filter(([key]) => key.startsWith(uri))
          .map(([key, { data, etag }]) => ({ uri: key, bytes: data.length, etag })),
      openRead: async (uri) => Readable.from([world.objects.get(uri)?.data ?? Buffer.alloc(0)]),
    },
    log: { warning: (line) => void world.warnings.push(line) },
  });

describe('a folder', () => {
  test('is written once, with a manifest beside it', async () => {
    const world = withFiles({ 'a.csv': '1', 'deep/b.csv': '22' });
    const staged = await world.stage({ from });
    expect(staged).toMatchObject({ uri: `${to}/`, files: 2, written: 2, bytes: 3, removed: 0 });
    expect(changes(world)).toEqual(['put data/dogs/a.csv', 'put data/dogs/deep/b.csv', 'put data/dogs.manifest.json']);
    const again = await world.stage({ from });
    expect(again).toEqual({ ...staged, written: 0, bytes: 0 });
    expect(changes(world).slice(3)).toEqual([]);
    expect(world.calls.filter((call) => call.startsWith('describe'))).toEqual([]);
  });

  test('goes on after a staging that wrote no manifest, by what the service knows of each object', async () => {
    const world = withFiles({ 'a.csv': '1', 'b.csv': '2' });
    const { hash } = await world.stage({ from });
    world.objects.delete(`${to}.manifest.json`);
    world.objects.delete(`${to}/b.csv`);
    expect(await world.stage({ from })).toMatchObject({ written: 1, hash });
    expect(world.calls.filter((call) => call.startsWith('describe'))).toEqual(['describe data/dogs/a.csv']);
  });

  test('of the same size and another content is written anew, also when the object came from elsewhere', async () => {
    const world = withFiles({ 'a.csv': '1', 'b.csv': '2' });
    world.write(`${to}/a.csv`, '9');
    expect(await world.stage({ from })).toMatchObject({ written: 2 });
    write(world, 'b.csv', '3');
    expect(await world.stage({ from })).toMatchObject({ written: 1 });
    expect(world.objects.get(`${to}/b.csv`)?.data.toString()).toBe('3');
  });

  test.each([true, false])('with objects beside it that the source does not have; removed: %s', async (removes) => {
    const world = withFiles({ 'a.csv': '1' });
    world.write(`${to}/old.csv`, 'old');
    world.write('s3://b/data/dogs-2/a.csv', 'another data set');
    const staged = await world.stage({ from, delete: removes });
    expect(staged).toMatchObject({ files: 1, removed: removes ? 1 : 0 });
    expect(changes(world).filter((call) => call.startsWith('remove'))).toEqual(removes ? ['remove data/dogs/old.csv'] : []);
    expect(world.warnings).toEqual(removes ? [] : [expect.stringContaining('"old.csv"')]);
    expect(await look(world)).toEqual({ uri: `${to}/`, hash: staged.hash });
  });

  test('of which a dry run only tells', async () => {
    const world = withFiles({ 'a.csv': '1' });
    world.write(`${to}/old.csv`, 'old');
    expect(await world.stage({ from, delete: true, dryRun: true })).toMatchObject({ files: 1, written: 1, removed: 1 });
    expect(changes(world)).toEqual([]);
  });

  test('that a cancel ends has no manifest', async () => {
    const world = withFiles({ 'a.csv': '1' });
    world.abort.abort();
    await expect(world.stage({ from })).rejects.toMatchObject({
      kind: 'stopped',
      message: expect.stringContaining('the staging was cancelled after 0 files (0 B) had been written'),
    });
    expect(changes(world)).toEqual([]);
  });
});

describe('what is staged', () => {
  test('is known by its manifest as long as nobody changes an object', async () => {
    const world = withFiles({ 'a.csv': '1' });
    expect(await look(world)).toBeUndefined();
    const { hash } = await world.stage({ from });
    expect(await look(world)).toEqual({ uri: `${to}/`, hash });
    world.write(`${to}/a.csv`, '2');
    const changed = await look(world);
    expect(changed?.hash).not.toBe(hash);
    expect(world.warnings).toEqual([expect.stringContaining('are not those that were staged')]);
    world.write(`${to}/a.csv`, '1');
    expect((await look(world))?.hash).toBe(hash);
  });

  test.each(['', '{}', 'no json', '{"version":2,"files":0}', '{"version":1,"files":1}\n["a.csv",-1,"x","y","z"]'])(
    'is looked at anew when its manifest is %j',
    async (text) => {
      const world = withFiles({ 'a.csv': '1' });
      const { hash } = await world.stage({ from });
      world.write(`${to}.manifest.json`, text);
      expect(await world.stage({ from })).toMatchObject({ written: 0, hash });
      expect(world.warnings).toEqual([`${to}.manifest.json cannot be read and is passed over; it will be written anew.`]);
    },
  );
});

describe('a copy within S3', () => {
  const source = { kind: 's3', uri: 's3://b/raw/dogs' } as const;

  test('takes new and changed objects only', async () => {
    const world = withFiles({});
    world.write('s3://b/raw/dogs/a', '1');
    world.write('s3://b/raw/dogs/b', '2');
    world.write('s3://b/raw/dogs/', '');
    world.write('s3://b/raw/dogs-2/c', '3');
    expect(await world.stage({ from: source })).toMatchObject({ files: 2, written: 2 });
    world.write('s3://b/raw/dogs/b', '4');
    expect(await world.stage({ from: source })).toMatchObject({ files: 2, written: 1 });
    world.objects.delete(`${to}.manifest.json`);
    expect(await world.stage({ from: source })).toMatchObject({ files: 2, written: 0 });
    expect(changes(world).filter((call) => call.startsWith('copy'))).toEqual([
      'copy data/dogs/a',
      'copy data/dogs/b',
      'copy data/dogs/b',
    ]);
  });

  test.each(['s3://b/data/dogs', 's3://b/data/dogs/train/', 's3://b/data'])('of %s onto itself is refused', async (uri) => {
    const world = withFiles({});
    await expect(world.stage({ from: { kind: 's3', uri } })).rejects.toThrow('lie in one another');
    expect(changes(world)).toEqual([]);
  });
});
