import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { DeploySettings } from '../../../src/actions/deploy-endpoint/deps.ts';
import { findModel } from '../../../src/actions/deploy-endpoint/find-model.ts';
import type { Fingerprints } from '../../../src/actions/deploy-endpoint/fingerprints.ts';
import { listTrainingWorkflows } from '../../../src/actions/deploy-endpoint/training-workflows.ts';
import { type Zone, zonePrefix } from '../../../src/records/context.ts';
import type { RunRecord } from '../../../src/records/record.ts';
import { makeRecord } from '../records/sample.ts';

const fingerprints: Extract<Fingerprints, { kind: 'known' }> = {
  kind: 'known',
  runs: [
    { label: 'single', fingerprint: 'f'.repeat(64) },
    { label: 'multi', fingerprint: 'e'.repeat(64) },
  ],
  searched: [],
};
const unknown: Fingerprints = { kind: 'unknown', why: 'the data cannot be listed' };

const recordOf = (name: string, more: Partial<RunRecord> = {}): RunRecord =>
  makeRecord({ name, label: name, model: `s3://b/${name}.tar.gz`, metrics: [{ name: 'test-loss', value: 0.5 }], ...more });

interface Stored {
  /** By prefix of the zone. */
  readonly byFingerprint?: Record<string, Record<string, RunRecord[]>>;
  readonly byCommit?: Record<string, RunRecord[]>;
  /** URIs that are gone. */
  readonly gone?: readonly string[];
}

function find(stored: Stored, more: Partial<DeploySettings> = {}, known: Fingerprints = fingerprints) {
  // Only what is read here.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const settings = { spec: { name: 'dogs', lines: {}, path: 'trainyard.yml' }, ...more } as DeploySettings;
  const openRecords = (zone: Zone) => ({
    findByFingerprint: async (fingerprint: string) => stored.byFingerprint?.[zonePrefix(zone)]?.[fingerprint] ?? [],
    findByCommit: async () => stored.byCommit?.[zonePrefix(zone)] ?? [],
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const deps = {
    objects: { head: async (uri: string) => (stored.gone?.includes(uri) ? undefined : { bytes: 1, etag: uri }) },
    openRecords,
    context: { commit: 'c0ffee0000', defaultBranch: 'main' },
    listTrainingWorkflows: async () => ['.github/workflows/train.yml'],
    log: { info() {} },
  } as unknown as Parameters<typeof findModel>[3];
  return findModel(settings, known, false, deps);
}

const single = recordOf('single');
const multi = recordOf('multi', { metrics: [{ name: 'test-loss', value: 0.25 }] });
const [f, e] = ['f'.repeat(64), 'e'.repeat(64)];

describe('findModel', () => {
  test('the one that is named comes first, and must be there', async () => {
    expect(await find({}, { model: 's3://b/mine.tar.gz' })).toMatchObject({ uri: 's3://b/mine.tar.gz', foundBy: 'input' });
    await expect(find({ gone: ['s3://b/mine.tar.gz'] }, { model: 's3://b/mine.tar.gz' })).rejects.toThrow(/there is no object/);
  });

  test('then the best of the runs on main with the fingerprint of this tree', async () => {
    const byFingerprint = { 'trainyard/main/': { [f]: [single], [e]: [multi] } };
    expect(await find({ byFingerprint })).toMatchObject({
      uri: 's3://b/multi.tar.gz',
      foundBy: 'fingerprint',
      record: { name: 'multi' },
    });
    expect(await find({ byFingerprint, gone: ['s3://b/multi.tar.gz'] })).toMatchObject({ uri: 's3://b/single.tar.gz' });
  });

  test('before it one that was trained with the best values of the search for this tree', async () => {
    const searched = [[{ label: 'single', fingerprint: 'b'.repeat(64) }]];
    const tuned = recordOf('tuned', { metrics: [{ name: 'test-loss', value: 0.75 }] });
    const byFingerprint = { 'trainyard/release/': { ['b'.repeat(64)]: [tuned] }, 'trainyard/main/': { [f]: [single] } };
    const known: Fingerprints = { kind: 'known', runs: fingerprints.runs, searched };
    expect(await find({ byFingerprint }, {}, known)).toMatchObject({ uri: 's3://b/tuned.tar.gz', foundBy: 'fingerprint' });
    await expect(find({}, {}, known)).rejects.toThrow(/single bbbbbbbbbb, single ffffffffff, multi eeeeeeeeee/);
  });

  test("then the commit's own run, also when the fingerprint cannot be known", async () => {
    const byCommit = { 'trainyard/main/': [single] };
    expect(await find({ byCommit }, {}, unknown)).toMatchObject({ uri: 's3://b/single.tar.gz', foundBy: 'commit' });
  });

  test("a pull request's runs never count, whatever they say of themselves", async () => {
    const stored = { byFingerprint: { 'trainyard/pr/7/': { [f]: [single] } }, byCommit: { 'trainyard/pr/7/': [single] } };
    await expect(find(stored)).rejects.toThrow(/no trained model of c0ffee0/);
  });

  test.each([
    ['a rehearsal', recordOf('a', { rehearsal: true })],
    ['a failed run', recordOf('a', { state: { status: 'failed', reason: 'x', logTail: [] } })],
    ["another model's", recordOf('a', { spec: { name: 'cats', path: 'cats.yml' } })],
  ])('%s is not deployed', async (_what, record) => {
    await expect(find({ byCommit: { 'trainyard/main/': [record] } })).rejects.toThrow(/no trained model/);
  });

  test('the error names the fingerprints that were looked for and the workflow to run', async () => {
    await expect(find({})).rejects.toMatchObject({
      message: expect.stringContaining('single ffffffffff, multi eeeeeeeeee'),
      fix: expect.stringMatching(
        /^Run \.github\/workflows\/train\.yml on main for c0ffee0, .*only a pull request has trained is never deployed/,
      ),
    });
    await expect(find({}, {}, unknown)).rejects.toThrow(/its fingerprint is not known \(the data cannot be listed\)/);
  });

  test('two models that no metric ranks are not chosen from by chance', async () => {
    const byFingerprint = { 'trainyard/main/': { [f]: [recordOf('a', { metrics: [] })], [e]: [recordOf('b', { metrics: [] })] } };
    await expect(find({ byFingerprint })).rejects.toThrow(/2 models of this tree, and no metric says which is best: a .*, b /);
  });
});

test('workflows that train are found by what they use', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'workflows-'));
  try {
    expect(await listTrainingWorkflows(folder)).toEqual([]);
    await mkdir(join(folder, '.github/workflows'), { recursive: true });
    const write = (name: string, text: string) => writeFile(join(folder, '.github/workflows', name), text);
    await write('train.yml', 'steps:\n  - uses: owner/trainyard/actions/train-model@v1\n');
    await write('release.yml', 'steps:\n  - uses: ./actions/deploy-endpoint # not train-model\n');
    await write('notes.txt', 'uses: ./actions/train-model\n');
    expect(await listTrainingWorkflows(folder)).toEqual(['.github/workflows/train.yml']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
