import type { StoredObject } from '../records/ports.ts';
import { type Manifest, parseManifest, type Row } from './manifest.ts';
import type { StageDeps, StagingStore } from './ports.ts';
import type { Target } from './target.ts';

/** What lies below a target now, and what the last staging says of it. */
export interface There {
  /** By path below the target. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  readonly manifest: Manifest | undefined;
}

interface Deps {
  readonly store: Pick<StagingStore, 'list' | 'openRead'>;
  readonly log: Pick<StageDeps['log'], 'warning'>;
}

export async function readThere(target: Target, { store, log }: Deps): Promise<There> {
  const [listing, manifest] = await Promise.all([store.list(target.uri), readManifest(target, store)]);
  if (manifest === 'unreadable') log.warning(`${target.manifestUri} cannot be read and is passed over; it will be written anew.`);
  return {
    objects: new Map(listing.map((object) => [object.uri.slice(target.uri.length), object])),
    manifest: manifest === 'unreadable' ? undefined : manifest,
  };
}

/** By listing first: where a role may list only some prefixes, S3 answers a request for a missing object with a refusal. */
async function readManifest({ manifestUri }: Target, store: Deps['store']): Promise<Manifest | undefined | 'unreadable'> {
  const listed = await store.list(manifestUri);
  if (!listed.some(({ uri }) => uri === manifestUri)) return undefined;
  const text = await store.openRead(manifestUri);
  return text && ((await parseManifest(text)) ?? 'unreadable');
}

/** The manifest's row of an object that has not changed since. */
export function findRow({ objects, manifest }: There, path: string): Row | undefined {
  const row = manifest?.rows.get(path);
  const object = objects.get(path);
  return row && object && row.etag === object.etag && row.bytes === object.bytes ? row : undefined;
}

/** Whether the objects are exactly those of the manifest. */
export function agrees(there: There): boolean {
  const { objects, manifest } = there;
  return (
    manifest !== undefined && manifest.rows.size === objects.size && [...objects.keys()].every((path) => findRow(there, path))
  );
}
