import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Zone } from './context.ts';
import { commitKey, findAddress, fingerprintKey, type RecordAddress, recordKey, zoneUri } from './keys.ts';
import type { ObjectStore } from './ports.ts';
import { runRecord, type RunRecord } from './record.ts';

/** The records of one trust zone. A zone is read by whoever may; it is written only by runs that belong to it. */
export interface RecordStore {
  /** Local copy first, then the record, then its indexes: an index never names a record that is not there. */
  write(record: RunRecord): Promise<void>;
  /** All records of one workflow run, over all its jobs and attempts, oldest plan first. */
  readRun(runId: string): Promise<RunRecord[]>;
  /** All records of a commit, oldest plan first. */
  findByCommit(commit: string): Promise<RunRecord[]>;
  /** Completed runs with this fingerprint, newest first. */
  findByFingerprint(fingerprint: string): Promise<RunRecord[]>;
  /** Every record of the zone, oldest plan first: what a pull request has spent is read from here. */
  listAll(): Promise<RunRecord[]>;
}

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
  const base = zoneUri(options.bucket, options.zone);
  const put = (key: string, text: string) => options.objects.writeText(base + key, text, 'application/json');

  async function write(record: RunRecord): Promise<void> {
    const address = { runId: record.workflow.runId, name: record.name };
    const text = `${JSON.stringify(runRecord.parse(record), null, 2)}\n`;
    const copy = join(options.folder, recordKey(address));
    await mkdir(dirname(copy), { recursive: true });
    await writeFile(copy, text);
    await put(recordKey(address), text);
    const entry = `${JSON.stringify({ record: recordKey(address) })}\n`;
    await put(commitKey(record.commit, address), entry);
    if (record.state.status === 'completed') await put(fingerprintKey(record.fingerprint, address), entry);
  }

  async function readOne(address: RecordAddress): Promise<RunRecord | undefined> {
    const uri = base + recordKey(address);
    const text = await options.objects.readText(uri);
    if (text === undefined) return undefined;
    const read = parseRecord(text, address);
    if ('record' in read) return read.record;
    options.warn(`Passed over ${uri}: ${read.why}.`);
    return undefined;
  }

  async function readBelow(prefix: string): Promise<RunRecord[]> {
    const keys = (await options.objects.list(base + prefix)).map((object) => object.uri.slice(base.length));
    const addresses = keys.map(findAddress).filter((address) => address !== undefined);
    const records = await mapInBatches(addresses, readOne);
    return records
      .filter((record) => record !== undefined)
      .toSorted((a, b) => a.times.planned.localeCompare(b.times.planned) || a.name.localeCompare(b.name));
  }

  return {
    write,
    readRun: (runId) => readBelow(`runs/${runId}/`),
    findByCommit: async (commit) => (await readBelow(`commits/${commit}/`)).filter((record) => record.commit === commit),
    findByFingerprint: async (fingerprint) =>
      (await readBelow(`fingerprints/${fingerprint}/`))
        .filter((record) => record.fingerprint === fingerprint && record.state.status === 'completed')
        .toReversed(),
    listAll: () => readBelow('runs/'),
  };
}

/** A stored text is hostile until it has the record's form and is what its key says it is. */
function parseRecord(text: string, address: RecordAddress): { record: RunRecord } | { why: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { why: 'it is not JSON' };
  }
  const parsed = runRecord.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { why: `it is not a run record of schema 1 (${issue?.path.join('.') || 'top level'}: ${issue?.code})` };
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
