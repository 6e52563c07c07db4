import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createStep, cutSummary } from '../../../src/runner/step.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-step-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the job summary', () => {
  test('is appended', async () => {
    const path = join(folder, 'summary.md');
    const step = createStep({ GITHUB_STEP_SUMMARY: path });
    await step.summary('# one');
    await step.summary('two\n\n');
    expect(await readFile(path, 'utf8')).toBe('# one\ntwo\n');
  });

  test('never grows over 1 MiB, whatever was there', async () => {
    const path = join(folder, 'summary.md');
    await writeFile(path, 'x\n'.repeat(500_000));
    const step = createStep({ GITHUB_STEP_SUMMARY: path });
    await step.summary('| a row of ä |\n'.repeat(10_000));
    await step.summary('more');
    expect((await stat(path)).size).toBeLessThanOrEqual(1 << 20);
    expect(await readFile(path, 'utf8')).toMatch(/\| a row of ä \|\n\n\*The summary is cut here.*\*\n(?:more\n)?$/);
  });

  test('without a runner it is nowhere', async () => {
    await expect(createStep({}).summary('x')).resolves.toBeUndefined();
  });

  test.each([
    ['short\n', 100, 'short\n'],
    ['x'.repeat(500), 10, ''],
  ])('%j in %d bytes', (markdown, bytes, cut) => {
    expect(cutSummary(markdown, bytes)).toBe(cut);
  });

  test('is cut after a whole line', () => {
    const cut = cutSummary('ä line\n'.repeat(100), 200);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(200);
    expect(
      cut
        .split('\n')
        .slice(0, -4)
        .every((line) => line === 'ä line'),
    ).toBe(true);
    expect(cut).toContain('is cut here');
  });
});

describe('state', () => {
  test.each([
    ['{"jobs":["a"]}', { jobs: ['a'] }],
    ['""', ''],
    ['', undefined],
    [undefined, undefined],
  ])('%j is read as %j', (text, value) => {
    expect(createStep({ STATE_run: text }).readState('run')).toEqual(value);
  });

  test('what is no JSON is an error', () => {
    expect(() => createStep({ STATE_run: '{' }).readState('run')).toThrow('no JSON');
  });
});
