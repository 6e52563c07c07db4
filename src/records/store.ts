import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import type { Zone } from './context.ts';
import {
  commitKey,
  findAddress,
  fingerprintKey,
  type RecordAddress,
  type RecordFolders,
  recordKey,
  runFolders,
  tuningFolders,
  zoneUri,
} from './keys.ts';
import type { ObjectStore } from './ports.ts';
import { runRecord, type RunRecord } from './record.ts';
import { tuningRecord, type TuningRecord } from './tuning-record.ts';

/** The records of one kind in one trust zone. A zone is read by whoever may; it is written only by runs that belong to it. */
interface Store<Kept> {
  /** Local copy first, then the record, then its indexes: an index never names a record that is not there. */
  write(record: Kept): Promise<void>;
  /** All records of one workflow run, over all its jobs and attempts, oldest plan first. */
  readRun(runId: string): Promise<Kept[]>;
  /** All records of a commit, oldest plan first. */
  findByCommit(commit: string): Promise<Kept[]>;
  /** Completed runs with this fingerprint, newest first. */
  findByFingerprint(fingerprint: string): Promise<Kept[]>;
  /** Every record of the zone, oldest plan first: what a pull request has spent is read from here. */
  listAll(): Promise<Kept[]>;
}

export type RecordStore = Store<RunRecord>;
export type TuningStore = Store<TuningRecord>;

interface StoreOptions {
  readonly objects: ObjectStore;
  readonly bucket: string;
  readonly zone: Zone;
  /** Folder for the local copies, `$RUNNER_TEMP/trainyard`. */
  readonly folder: string;
  /** Told about objects that are no record of ours; they are passed over. */
  readonly warn: (message: string) => void;
}

const maxParallelReads = 8;

export function createRecordStore(options: StoreOptions): RecordStore {
  return createStore(options, { folders: runFolders, what: 'run record', schema: runRecord });
}

/** The records of tuning jobs. */
export function createTuningStore(options: StoreOptions): TuningStore {
  return createStore(options, { folders: tuningFolders, what: 'tuning record', schema: tuningRecord });
}

/** One kind of record: where it lies, what it is called, and what is one. */
interface Form<Kept> {
  readonly folders: RecordFolders;
  readonly what: string;
  readonly schema: z.ZodType<Kept>;
}

function createStore<Kept extends RunRecord | TuningRecord>(options: StoreOptions, form: Form<Kept>): Store<Kept> {
  const { folders } = form;
  const base = zoneUri(options.bucket, options.zone);
  const put = (key: string, text: string) => options.objects.writeText(base + key, text, 'application/json');

  async function write(record: Kept): Promise<void> {
    const address = { runId: record.workflow.runId, name: record.name };
    const text = `${JSON.stringify(form.schema.parse(record), null, 2)}\n`;
    const copy = join(options.folder, recordKey(address, folders));
    await mkdir(dirname(copy), { recursive: true });
    await writeFile(copy, text);
    await put(recordKey(address, folders), text);
    const entry = `${JSON.stringify({ record: recordKey(address, folders) })}\n`;
    await put(commitKey(record.commit, address, folders), entry);
    if (record.state.status === 'completed') await put(fingerprintKey(record.fingerprint, address, folders), entry);
  }

  async function readOne(address: RecordAddress): Promise<Kept | undefined> {
    const uri = base + recordKey(address, folders);
    const text = await options.objects.readText(uri);
    if (text === undefined) return undefined;
    const read = parseRecord(text, address, form);
    if ('record' in read) return read.record;
    options.warn(`Passed over ${uri}: ${read.why}.`);
    return undefined;
  }

  async function readBelow(prefix: string): Promise<Kept[]> {
    const keys = (await options.objects.list(base + prefix)).map((object) => object.uri.slice(base.length));
    const addresses = keys.map(findAddress).filter((address) => address !== undefined);
    const records = await mapInBatches(addresses, readOne);
    return records
      .filter((record) => record !== undefined)
      .toSorted((a, b) => a.times.planned.localeCompare(b.times.planned) || a.name.localeCompare(b.name));
  }

  return {
    write,
    readRun: (runId) => readBelow(`${folders.records}/${runId}/`),
    findByCommit: async (commit) =>
      (await readBelow(`${folders.commits}/${commit}/`)).filter((record) => record.commit === commit),
    findByFingerprint: async (fingerprint) =>
      (await readBelow(`${folders.fingerprints}/${fingerprint}/`))
        .filter((record) => record.fingerprint === fingerprint && record.state.status === 'completed')
        .toReversed(),
    listAll: () => readBelow(`${folders.records}/`),
  };
}

/** A stored text is hostile until it has the record's form and is what its key says it is. */
function parseRecord<Kept extends RunRecord | TuningRecord>(
  text: string,
  address: RecordAddress,
  { what, schema }: Form<Kept>,
): { record: Kept } | { why: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { why: 'it is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { why: `it is no ${what} of schema 1 (${issue?.path.join('.') || 'top level'}: ${issue?.code})` };
  }
  const { name, workflow } = parsed.data;
  if (name !== address.name || workflow.runId !== address.runId) return { why: 'it says it is another run than its key' };
  return { record: parsed.data };
}

async function mapInBatches<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += maxParallelReads) {
    results.push(...(await Promise.all(items.slice(start, start + maxParallelReads).map(map))));
  }
  return results;
}
