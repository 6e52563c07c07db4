import { type Zone, zonePrefix } from './context.ts';

/**
 * Where records and their indexes lie below a zone's prefix:
 *
 *     runs/<run-id>/<name>.json                 the record
 *     commits/<sha>/<run-id>/<name>.json        index: the runs of a commit
 *     fingerprints/<fp>/<run-id>/<name>.json    index: completed runs with this fingerprint
 *
 * Those of tuning jobs lie beside them in folders of their own, `tuning/`, `tuning-commits/` and `tuning-fingerprints/`.
 *
 * An index entry is one small object a record whose *key* says everything, so concurrent jobs never overwrite each
 * other, one listing answers a question, and what an entry contains is never read. There is no `latest`: which main
 * record is the newest one before a pull request is a question to the commit history, not to the order of writing.
 */
export interface RecordAddress {
  readonly runId: string;
  readonly name: string;
}

const plainRunId = /^[0-9]{1,20}$/;
const jobName = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** s3:// URI of a zone, with a slash at the end. */
export function zoneUri(bucket: string, zone: Zone): string {
  return `s3://${bucket}/${zonePrefix(zone)}`;
}

/** Where the records of one kind and their indexes lie. */
export interface RecordFolders {
  readonly records: string;
  readonly commits: string;
  readonly fingerprints: string;
}

export const runFolders: RecordFolders = { records: 'runs', commits: 'commits', fingerprints: 'fingerprints' };
export const tuningFolders: RecordFolders = {
  records: 'tuning',
  commits: 'tuning-commits',
  fingerprints: 'tuning-fingerprints',
};

/** Key of a record below its zone. */
export function recordKey(address: RecordAddress, folders: RecordFolders = runFolders): string {
  return `${folders.records}/${address.runId}/${address.name}.json`;
}

export function commitKey(commit: string, address: RecordAddress, folders: RecordFolders = runFolders): string {
  return `${folders.commits}/${commit}/${address.runId}/${address.name}.json`;
}

export function fingerprintKey(fingerprint: string, address: RecordAddress, folders: RecordFolders = runFolders): string {
  return `${folders.fingerprints}/${fingerprint}/${address.runId}/${address.name}.json`;
}

/** The record that a key of a records' folder or of an index stands for; undefined for keys that are none of ours. */
export function findAddress(key: string): RecordAddress | undefined {
  const parts = key.split('/');
  const file = parts.at(-1);
  const runId = parts.at(-2);
  if (!file?.endsWith('.json') || !runId || !plainRunId.test(runId)) return undefined;
  const name = file.slice(0, -'.json'.length);
  return jobName.test(name) ? { runId, name } : undefined;
}
