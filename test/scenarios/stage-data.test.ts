import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { makeTar, makeZip, noise } from '../support/archives.ts';
import { bucket } from '../support/facts.ts';
import { messages, stable } from '../support/stable.ts';
import { inStagingWorld } from '../support/staging.ts';
import type { StepOutcome } from '../support/step.ts';
import { until } from '../support/until.ts';
import { weathers } from '../support/world.ts';

const from = 'https://example.org/data/dogs.zip?signature=secret';
const served = 'example.org/data/dogs.zip';
const to = `s3://${bucket}/data/dogs`;
const large = noise(9_500_000);
const files = [
  { path: 'train/001.Affenpinscher/a b.csv', data: 'one,two\n'.repeat(2_000) },
  { path: 'train/002.Afghan_hound/ü.csv', data: noise(40_000, 7) },
  { path: 'valid/empty.csv', data: '' },
  { path: 'large.bin', data: large, stored: true },
];
const zip = makeZip([{ path: 'train/', data: '' }, { path: '__MACOSX/._a', data: 'x' }, ...files]);

const good = (outcome: StepOutcome): StepOutcome => {
  expect(outcome.log.split('\n').filter((line) => line.startsWith('::error'))).toEqual([]);
  expect(outcome.exitCode).toBe(0);
  expect(outcome.log).not.toContain('secret');
  return outcome;
};
const hashOf = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');

test.concurrent.each(weathers)('a zip by parts, then nothing new, then one file more, in %s weather', (weather) =>
  inStagingWorld(weather, async ({ downloads, stage, keys, read, newWrites }) => {
    downloads.files.set(served, { data: zip });
    const first = good(await stage({ from, to }).done);
    expect(first.outputs).toMatchObject({ uri: `${to}/`, files: '4', written: '4', removed: '0', skipped: 'false' });
    expect(await keys('data/')).toEqual(['dogs.manifest.json', ...files.map(({ path }) => `dogs/${path}`).sort()]);
    for (const { path, data } of files) expect(hashOf(await read(`data/dogs/${encodeURI(path)}`))).toBe(hashOf(data));
    expect(first.log).toContain('left out 1 file that macOS had added');
    await newWrites();

    const asked = downloads.requests.length;
    const second = good(await stage({ from: from.replace('secret', 'another'), to }).done);
    expect(second.outputs).toMatchObject({ files: '4', written: '0', bytes: '0', hash: first.outputs['hash'] });
    expect(await newWrites()).toEqual([]);
    expect(downloads.requests.slice(asked).map(({ bytes }) => bytes)).toEqual([512]);

    const more = [...files.slice(0, 3), { path: 'train/new.csv', data: 'new' }, ...files.slice(3)];
    downloads.files.set(served, { data: makeZip(more) });
    const third = good(await stage({ from, to }).done);
    expect(third.outputs).toMatchObject({ files: '5', written: '1', bytes: '3' });
    expect(third.outputs['hash']).not.toBe(first.outputs['hash']);
    expect(await newWrites()).toEqual(['PutObject', 'PutObject']);
  }),
);

test.concurrent.each(weathers)('the same data has the same hash, wherever it comes from, in %s weather', (weather) =>
  inStagingWorld(weather, async ({ downloads, stage, cloud, emptyProject, newWrites }) => {
    downloads.files.set('example.org/parts.zip', { data: zip, cut: { afterBytes: 300_000, times: 4 } });
    downloads.files.set('example.org/whole.zip', { data: zip, ranges: false, fails: { status: 503, times: 2 } });
    downloads.files.set('example.org/a.tgz', { data: await makeTar(files), cut: { afterBytes: 100_000, times: 2 } });
    downloads.files.set('example.org/a.tar', {
      data: await makeTar(files, false),
      ranges: false,
      cut: { afterBytes: 5e6, times: 1 },
    });
    downloads.files.set('example.org/moved.zip', { data: zip, redirect: '/example.org/parts.zip' });
    const hashes = new Map<string, string | undefined>();
    const logs = new Map<string, string>();
    for (const name of ['parts.zip', 'whole.zip', 'a.tgz', 'a.tar', 'moved.zip']) {
      const outcome = good(await stage({ from: `https://example.org/${name}`, to: `s3://${bucket}/data/${name}` }).done);
      hashes.set(name, outcome.outputs['hash']);
      logs.set(name, outcome.log);
    }
    const project = emptyProject();
    for (const { path, data } of files.slice(0, 3)) project.write(`images/${path}`, data.toString('latin1'));
    await newWrites();
    const copy = good(await stage({ from: `s3://${bucket}/data/a.tgz/`, to: `s3://${bucket}/data/copy` }).done);
    expect(await newWrites()).toEqual([...files.map(() => 'CopyObject'), 'PutObject']);
    expect((await cloud.journal()).filter(({ operation }) => operation === 'GetObject')).toEqual([]);
    expect(copy.outputs).toMatchObject({ files: '4', written: '4' });
    expect(new Set(hashes.values()).size).toBe(1);
    expect(logs.get('parts.zip')).toContain('the connection broke; going on in');
    expect(logs.get('whole.zip')).toContain('the server gives no parts of https://example.org/whole.zip, so a copy of');
    expect(logs.get('whole.zip')).toContain('the server answered 503');
  }),
);

test.concurrent('a folder: what is new is written, what went is removed when that is asked for, a dry run only says so', () =>
  inStagingWorld('calm', async ({ stage, keys, write, emptyProject, newWrites }) => {
    const project = emptyProject({ files: { 'images/a.csv': '1', 'images/deep/b.csv': '2' } });
    await write('data/dogs/old.csv', 'old');
    await write('data/dogs-2/other.csv', 'other');
    await newWrites();
    const dry = good(await stage({ from: 'images', to, delete: 'true', 'dry-run': 'true' }, { project }).done);
    expect(dry.outputs).toMatchObject({ files: '2', written: '2', removed: '1' });
    expect(dry.log).toContain('2 files (2 B) would be written, 0 unchanged, 1 would be removed');
    expect(await newWrites()).toEqual([]);

    const beside = good(await stage({ from: 'images', to }, { project }).done);
    expect(messages(beside.log, 'warning')).toContain(
      '1 file below s3://octo-ml/data/dogs/ that the source does not have: "old.csv"',
    );
    project.write('images/a.csv', '3');
    const changed = good(await stage({ from: 'images', to: `${to}/`, delete: 'true' }, { project }).done);
    expect(changed.outputs).toMatchObject({
      files: '2',
      written: '1',
      removed: '1',
      hash: expect.not.stringMatching(beside.outputs['hash'] ?? ''),
    });
    expect(await keys('data/')).toEqual(['dogs-2/other.csv', 'dogs.manifest.json', 'dogs/a.csv', 'dogs/deep/b.csv']);
    await newWrites();
    expect(good(await stage({ from: 'images', to }, { project }).done).outputs).toMatchObject({ written: '0' });
    expect(await newWrites()).toEqual([]);
  }));

const plain = { path: 'a.csv', data: 'a' };
const zeros = Buffer.alloc(120_000_000);
const refused: [name: string, data: () => Buffer | Promise<Buffer>][] = [
  [
    'paths that lead out',
    () =>
      makeZip([
        plain,
        ...['../../etc/cron', '/etc/passwd', 'C:/x', 'a/../b', 'a.csv', 'a.csv/below', 'bell\u0007'].map((path) => ({
          path,
          data: 'x',
        })),
        { path: 'link', data: '/etc/passwd', mode: 0o120777 },
        { path: 'locked', data: 'x', encrypted: true },
      ]),
  ],
  ['more than twenty of them', () => makeZip(Array.from({ length: 30 }, (_, n) => ({ path: `../${n}`, data: '' })))],
  ['a bomb that says so', () => makeZip([{ path: 'bomb', data: zeros }])],
  ['a bomb that says it is small', () => makeZip([{ path: 'bomb', data: zeros, says: { bytes: 1_000 } }])],
  ['a large one that is larger', () => makeZip([{ path: 'bomb', data: zeros, says: { bytes: 30_000_000 } }])],
  ['another checksum', () => makeZip([{ ...plain, says: { crc32: 1 } }])],
  ['another checksum of a large file', () => makeZip([{ path: 'large', data: large, says: { crc32: 1 } }])],
  ['a zip cut short', () => zip.subarray(0, 50_000)],
  ['a tar with a link', () => makeTar([{ path: 'link', linkTo: '/etc/passwd' }, { path: '../up', data: 'x' }, plain])],
  ['a tar.gz cut short', async () => (await makeTar(files)).subarray(0, 100_000)],
  ['a page to log in', () => Buffer.from('<!doctype html><title>Log in</title>')],
];

test.concurrent.each(refused)('refused: %s', (_name, data) =>
  inStagingWorld('calm', async ({ downloads, stage, keys }) => {
    downloads.files.set(served, { data: await data() });
    const outcome = await stage({ from, to }).done;
    expect(outcome.exitCode).toBe(1);
    expect(stable(messages(outcome.log, 'error'))).toMatchSnapshot();
    expect(await keys('data/')).not.toContain('dogs.manifest.json');
    expect((await keys('data/dogs/')).filter((key) => /bomb|large|link|up|^a\.csv$/.test(key))).toEqual([]);
  }),
);

const wrong: [name: string, inputs: Record<string, string>][] = [
  ['no target', { from }],
  ['nothing in the spec', {}],
  ['a target that is the whole bucket', { from, to: `s3://${bucket}/` }],
  ['a target among the records', { from, to: `s3://${bucket}/trainyard/main` }],
  ['a bucket that is not there', { from, to: 's3://octo-lost/data' }],
  ['an address without https', { from: 'http://example.org/a.zip', to }],
  ['a file that is not there', { from: 'https://example.org/none.zip', to }],
  ['a folder that is not there', { from: 'immages', to }],
  ['a prefix that is empty', { from: `s3://${bucket}/none`, to }],
  ['a prefix inside its own target', { from: `${to}/train`, to }],
  ['a server that redirects away from https', { from: 'https://example.org/moved.zip', to }],
];

test.concurrent('what cannot be staged is refused before anything is written, with what to do', () =>
  inStagingWorld('calm', async ({ downloads, stage, newWrites }) => {
    downloads.files.set(served, { data: zip });
    downloads.files.set('example.org/moved.zip', { data: zip, redirect: 'http://169.254.169.254/latest' });
    const said: string[] = [];
    for (const [name, inputs] of wrong) {
      const outcome = await stage(inputs).done;
      expect(outcome.exitCode).toBe(1);
      said.push(`${name}\n${messages(outcome.log, 'error')}`);
    }
    expect(stable(said.join('\n\n'))).toMatchSnapshot();
    expect(await newWrites()).toEqual([]);
  }));

test.concurrent('a source that changes midway is an error, not a mixture', () =>
  inStagingWorld('calm', async ({ downloads, stage, keys }) => {
    const other = makeZip(files.map(({ path }) => ({ path, data: 'other' })));
    downloads.files.set(served, { data: zip, becomes: { data: other, afterRequests: 2 } });
    const outcome = await stage({ from, to }).done;
    expect(outcome.exitCode).toBe(1);
    expect(messages(outcome.log, 'error')).toContain('https://example.org/data/dogs.zip has changed while it was being read');
    expect(await keys('data/dogs.manifest.json')).toEqual([]);
    expect(good(await stage({ from, to }).done).outputs).toMatchObject({ files: '4' });
    expect(await keys('data/dogs/')).toHaveLength(4);
  }));

test.concurrent.each([
  ['a file', 'PutObject', 20],
  ['a part of a large one', 'UploadPart', 2],
] as const)('cancelled at %s: nothing half is left, and the next run goes on', (_name, operation, nth) =>
  inStagingWorld('calm', async ({ cloud, downloads, stage, keys, newWrites }) => {
    const many = Array.from({ length: 200 }, (_, n) => ({ path: `part-${n}.bin`, data: noise(20_000, n + 1) }));
    const all = [...many, { path: 'large.bin', data: noise(30_000_000), stored: true }];
    downloads.files.set(served, { data: makeZip(all) });
    await cloud.addFault({ id: 'hold', service: 's3', operation, nth, when: 'before', effect: { kind: 'pause' } });
    const running = stage({ from, to });
    const held = await until('the call', () => cloud.paused(1_000));
    const started = Date.now();
    const outcome = await running.cancel();
    expect(Date.now() - started).toBeLessThan(7_500);
    expect(outcome.exitCode).toBe(1);
    expect(messages(outcome.log, 'error')).toMatch(/data: the staging was cancelled after \d+ files? \(.*\) had been written/);
    await cloud.clearFaults();
    await cloud.release(held);
    expect(await keys('data/dogs.manifest.json')).toEqual([]);
    const open = await newWrites();
    const count = (name: string) => open.filter((each) => each === name).length;
    expect(count('CreateMultipartUpload')).toBe(count('CompleteMultipartUpload') + count('AbortMultipartUpload'));
    const there = (await keys('data/dogs/')).length;
    const second = good(await stage({ from, to }).done);
    expect(second.outputs).toMatchObject({ files: '201' });
    expect(Number(second.outputs['written'])).toBeLessThanOrEqual(201 - there + 1);
    expect(await keys('data/dogs/')).toHaveLength(201);
  }),
);

test.concurrent.each([
  ['PutObject', 'before'],
  ['PutObject', 'after'],
  ['UploadPart', 'before'],
  ['UploadPart', 'after'],
  ['CompleteMultipartUpload', 'after'],
] as const)('an answer of %s that gets lost, %s its effect, changes nothing', (operation, when) =>
  inStagingWorld('calm', async ({ cloud, downloads, stage, read }) => {
    downloads.files.set(served, { data: zip });
    await cloud.addFault({ id: 'lost', service: 's3', operation, nth: 1, when, effect: { kind: 'reset' } });
    good(await stage({ from, to }).done);
    for (const { path, data } of files) expect(hashOf(await read(`data/dogs/${encodeURI(path)}`))).toBe(hashOf(data));
  }),
);

test.concurrent('training stages what its spec names, and an equal run is reused', () =>
  inStagingWorld('calm', async ({ downloads, job, emptyProject, keys, newWrites }) => {
    downloads.files.set(served, { data: makeZip(files.slice(0, 3)) });
    const project = emptyProject({ spec: (text) => text.replace('from: data', `from: '${from}', to: '${to}'`) });
    const env = { TRAINYARD_DOWNLOAD_URL: downloads.url };
    const first = good(await job({ event: 'push', project, env }).train().done);
    expect(first.log).toContain('data.training: staging https://example.org/data/dogs.zip to s3://octo-ml/data/dogs/: 3 files');
    expect(await keys('data/dogs/')).toHaveLength(3);
    await newWrites();
    const second = good(await job({ event: 'push', project, env }).train().done);
    expect(second.log).toContain('data.training: nothing has changed: 3 files');
    expect(JSON.parse(second.outputs['jobs'] ?? '[]')).toMatchObject([{ 'cost-usd': 0 }]);
    expect(await newWrites()).not.toContain('CreateTrainingJob');
  }));
