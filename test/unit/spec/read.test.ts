import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import { checkFiles } from '../../../src/spec/check-files.ts';
import { readSpec } from '../../../src/spec/read.ts';
import { base, specOf } from './support.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-spec-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('reading the file', () => {
  test('a good file', async () => {
    const path = join(folder, 'trainyard.yml');
    await writeFile(path, base);
    expect(await readSpec(path)).toMatchObject({ path, name: 'digits' });
  });

  test('a text that is known already', async () => {
    expect(await readSpec('a.yml', { text: base })).toMatchObject({ path: 'a.yml', volumeGb: 30 });
    expect(await readSpec('././a/b.yml', { text: base })).toMatchObject({ path: 'a/b.yml' });
  });

  test.each([
    ['missing.yml', 'does not exist'],
    ['.', 'is a folder'],
    ['binary.yml', 'is not UTF-8 text'],
  ])('%s %s', async (name, reason) => {
    await writeFile(join(folder, 'binary.yml'), Buffer.from([0x6e, 0xff, 0xfe]));
    const error = await readSpec(join(folder, name)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({
      kind: 'input',
      message: expect.stringContaining(reason),
      fix: expect.stringContaining('actions/checkout'),
    });
  });

  test('every problem is in one error, with file and line', async () => {
    const error: unknown = await readSpec('trainyard.yml', { text: 'name: Digits\nbudget: { per-run: -1 }\n' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      kind: 'input',
      message: '2 problems: name, budget.per-run',
      problems: [{ where: { file: 'trainyard.yml', line: 1 } }, { where: { file: 'trainyard.yml', line: 2 } }],
    });
  });

  test('a single problem speaks for itself', async () => {
    const error: unknown = await readSpec('trainyard.yml', { text: 'name: x\nbudget: { per-run: 0 }\n' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ message: 'budget.per-run: It is 0; it must be an amount in USD above 0.', where: { line: 2 } });
  });
});

describe('files the spec names', () => {
  const text = `${base}data: { images: { from: images } }
serve: { entry-point: inference.py, instance-type: ml.m5.large }
smoke:
  - { name: one, event: { file: smoke/one.json }, expect: { golden: { file: smoke/golden.json, tolerance: 0.1 } } }
`;

  test('all there', async () => {
    await mkdir(join(folder, 'training/digits'), { recursive: true });
    await mkdir(join(folder, 'images'));
    await mkdir(join(folder, 'smoke'));
    for (const file of ['training/digits/train.py', 'training/digits/inference.py', 'smoke/one.json', 'smoke/golden.json']) {
      await writeFile(join(folder, file), '');
    }
    expect(await checkFiles(specOf(text), folder)).toEqual([]);
  });

  test('none there: each is named with its line', async () => {
    const problems = await checkFiles(specOf(text), folder);
    expect(problems.map(({ name, message, where }) => `${where?.line} ${name} ${message}`)).toEqual([
      '2 code.directory "training/digits" does not exist.',
      '2 code.entry-point "training/digits/train.py" does not exist.',
      '5 serve.entry-point "training/digits/inference.py" does not exist.',
      '4 data.images.from "images" does not exist.',
      '7 smoke[0].event.file "smoke/one.json" does not exist.',
      '7 smoke[0].expect.golden.file "smoke/golden.json" does not exist.',
    ]);
  });

  test('a link out of the repository and a folder for a script', async () => {
    await mkdir(join(folder, 'training'));
    await symlink(tmpdir(), join(folder, 'training/digits'));
    const [first] = await checkFiles(specOf(base), folder);
    expect(first).toMatchObject({
      name: 'code.directory',
      message: '"training/digits" is a link that leads out of the repository.',
    });
    await rm(join(folder, 'training/digits'));
    await mkdir(join(folder, 'training/digits/train.py'), { recursive: true });
    expect(await checkFiles(specOf(base), folder)).toMatchObject([
      { name: 'code.entry-point', message: '"training/digits/train.py" is no file.' },
    ]);
  });
});
