import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordStore, createTuningStore } from '../../../src/records/store.ts';
import { makeRecord } from './sample.ts';
import { makeTuningRecord } from './tuning-sample.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuning-records-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open() {
  const texts = new Map<string, string>();
  const warnings: string[] = [];
  const options = {
    objects: {
      checkBucket: async () => undefined,
      head: async () => undefined,
      readText: async (uri: string) => texts.get(uri),
      writeText: async (uri: string, text: string) => void texts.set(uri, text),
      writeFile: async () => undefined,
      list: async (uri: string) =>
        [...texts.keys()].filter((key) => key.startsWith(uri)).map((key) => ({ uri: key, bytes: 1, etag: 'e' })),
    },
    bucket: 'models',
    zone: { kind: 'main' },
    folder,
    warn: (message: string) => void warnings.push(message),
  } as const;
  return { runs: createRecordStore(options), searches: createTuningStore(options), texts, warnings };
}

test('records of searches lie beside those of runs, and neither is taken for the other', async () => {
  const { runs, searches, texts } = open();
  const search = makeTuningRecord();
  const run = makeRecord();
  await searches.write(search);
  await runs.write(run);
  const address = `1001/${search.name}.json`;
  expect([...texts.keys()].slice(0, 3)).toEqual([
    `s3://models/trainyard/main/tuning/${address}`,
    `s3://models/trainyard/main/tuning-commits/${search.commit}/${address}`,
    `s3://models/trainyard/main/tuning-fingerprints/${search.fingerprint}/${address}`,
  ]);
  expect(await searches.listAll()).toEqual([search]);
  expect(await searches.readRun('1001')).toEqual([search]);
  expect(await searches.findByCommit(search.commit)).toEqual([search]);
  expect(await searches.findByFingerprint(search.fingerprint)).toEqual([search]);
  expect(await runs.listAll()).toEqual([run]);
});

test('only a completed search is found by its fingerprint', async () => {
  const { searches } = open();
  const stopped = makeTuningRecord({ state: { status: 'stopped', cause: 'budget', reason: 'it reached its budget' } });
  await searches.write(stopped);
  expect(await searches.findByFingerprint(stopped.fingerprint)).toEqual([]);
});

test('a run record under a key of a search is passed over', async () => {
  const { searches, texts, warnings } = open();
  texts.set('s3://models/trainyard/main/tuning/1001/dogs-0123456789-a1.json', JSON.stringify(makeRecord()));
  expect(await searches.listAll()).toEqual([]);
  expect(warnings[0]).toContain('it is no tuning record of schema 1');
});
