import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Zone } from '../../../src/records/context.ts';
import type { ObjectStore } from '../../../src/records/ports.ts';
import { createRecordStore, type RecordStore } from '../../../src/records/store.ts';
import { makeRecord } from './sample.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'records-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function memory(): { objects: ObjectStore; texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const objects: ObjectStore = {
    checkBucket: async () => undefined,
    head: async () => undefined,
    readText: async (uri) => texts.get(uri),
    writeText: async (uri, text) => void texts.set(uri, text),
    writeFile: async () => undefined,
    list: async (uri) =>
      [...texts.keys()]
        .filter((key) => key.startsWith(uri))
        .toSorted()
        .map((key) => ({ uri: key, bytes: 1, etag: 'e' })),
  };
  return { objects, texts };
}

function open(zone: Zone = { kind: 'pull-request', number: 7 }): {
  store: RecordStore;
  texts: Map<string, string>;
  warnings: string[];
} {
  const { objects, texts } = memory();
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  return { store: createRecordStore({ objects, bucket: 'models', zone, folder, warn }), texts, warnings };
}

const names = (records: readonly { name: string }[]) => records.map((record) => record.name);

const base = 's3://models/trainyard/pr/7/';

describe('writing', () => {
  test('puts one object under the run and one index entry each for commit and fingerprint', async () => {
    const { store, texts } = open();
    const record = makeRecord();
    await store.write(record);
    expect([...texts.keys()]).toEqual([
      `${base}runs/1001/${record.name}.json`,
      `${base}commits/${record.commit}/1001/${record.name}.json`,
      `${base}fingerprints/${record.fingerprint}/1001/${record.name}.json`,
    ]);
    expect(JSON.parse(await readFile(join(folder, `runs/1001/${record.name}.json`), 'utf8'))).toEqual(record);
  });

  test('indexes only completed runs by fingerprint', async () => {
    const { store, texts } = open();
    await store.write(makeRecord({ state: { status: 'submitted' } }));
    expect([...texts.keys()].some((key) => key.includes('fingerprints'))).toBe(false);
  });

  test('refuses a record that is none', async () => {
    const { store, texts } = open();
    await expect(store.write(makeRecord({ costUsd: -1 }))).rejects.toThrow('costUsd');
    expect(texts.size).toBe(0);
  });

  test.each<[Zone, string]>([
    [{ kind: 'main' }, 's3://models/trainyard/main/'],
    [{ kind: 'release' }, 's3://models/trainyard/release/'],
  ])('stays below its zone %j', async (zone, prefix) => {
    const { store, texts } = open(zone);
    await store.write(makeRecord());
    expect([...texts.keys()].every((key) => key.startsWith(prefix))).toBe(true);
  });
});

describe('reading', () => {
  test('finds runs by run, commit and fingerprint, oldest plan first', async () => {
    const { store } = open();
    const late = makeRecord({
      name: 'a-late-a1',
      times: { planned: '2026-03-02T10:00:00.000Z', updated: '2026-03-02T10:00:00.000Z' },
    });
    const early = makeRecord({ name: 'z-early-a1' });
    const other = makeRecord({ name: 'other-a1', commit: 'd'.repeat(40), workflow: { ...early.workflow, runId: '1002' } });
    for (const record of [late, early, other]) await store.write(record);
    expect(names(await store.readRun('1001'))).toEqual(['z-early-a1', 'a-late-a1']);
    expect(names(await store.findByCommit('d'.repeat(40)))).toEqual(['other-a1']);
    expect(names(await store.findByFingerprint('f'.repeat(64)))[0]).toBe('a-late-a1');
    expect(await store.listAll()).toHaveLength(3);
    expect(await store.readRun('9')).toEqual([]);
  });

  test.each([
    ['not JSON', 'runs/1001/x.json', '{'],
    ['null', 'runs/1001/x.json', 'null'],
    ['a later schema', 'runs/1001/x.json', JSON.stringify({ ...makeRecord({ name: 'x' }), schema: 2 })],
    ['unknown members', 'runs/1001/x.json', JSON.stringify({ ...makeRecord({ name: 'x' }), evil: 1 })],
    ['another name than its key', 'runs/1001/x.json', JSON.stringify(makeRecord({ name: 'y' }))],
    [
      'another run than its key',
      'runs/1001/x.json',
      JSON.stringify(makeRecord({ name: 'x', workflow: { ...makeRecord().workflow, runId: '5' } })),
    ],
    ['a prototype', 'runs/1001/x.json', '{"__proto__":{"schema":1}}'],
  ])('passes over %s with a warning', async (_, key, text) => {
    const { store, texts, warnings } = open();
    texts.set(base + key, text);
    await store.write(makeRecord());
    expect(await store.readRun('1001')).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${base}runs/1001/x.json`);
  });

  test('ignores keys that are none of ours and index entries without a record', async () => {
    const { store, texts, warnings } = open();
    for (const key of ['runs/1001/notes.txt', 'runs/../evil.json', 'runs/abc/x.json', 'runs/1001/a b.json'])
      texts.set(base + key, '{');
    texts.set(`${base}commits/${'e'.repeat(40)}/1001/gone-a1.json`, '{}');
    expect(await store.listAll()).toEqual([]);
    expect(await store.findByCommit('e'.repeat(40))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('an index entry does not make a record another commit or fingerprint', async () => {
    const { store, texts } = open();
    const record = makeRecord();
    await store.write(record);
    texts.set(`${base}fingerprints/${'0'.repeat(64)}/1001/${record.name}.json`, '{}');
    texts.set(`${base}commits/${'0'.repeat(40)}/1001/${record.name}.json`, '{}');
    expect(await store.findByFingerprint('0'.repeat(64))).toEqual([]);
    expect(await store.findByCommit('0'.repeat(40))).toEqual([]);
  });
});
