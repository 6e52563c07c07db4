import type { ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import type { Clock } from '../../../time/clock.ts';
import type { Buckets } from '../../contract.ts';
import { type Blob, type Blobs, createBlobs } from './blobs.ts';
import { noSuchBucket, noSuchKey } from './errors.ts';

/** What a client said about an object and is told again: S3's headers, metadata and tags. */
export interface ObjectAttributes {
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly ServerSideEncryption?: ServerSideEncryption | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly StorageClass?: StorageClass | undefined;
}

export interface StoredObject {
  readonly key: string;
  readonly blob: Blob;
  /** Quoted, as in the header. */
  readonly etag: string;
  readonly modified: Date;
  readonly attributes: ObjectAttributes;
  readonly tags: readonly { Key: string; Value: string }[];
  /** By header name (`x-amz-checksum-crc32`), base64. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  /** Sizes of the parts of a multipart upload. */
  readonly parts?: readonly number[];
}

interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly objects: Map<string, StoredObject>;
}

/** The index is in memory, the bytes are files: an object appears when its bytes are complete, in one step. */
export interface Store extends Buckets {
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly blobs: Blobs;
  getBucket(name: string): Bucket;
  removeBucket(name: string): void;
  getObject(bucket: string, key: string): StoredObject;
  /** Replaces what was there. */
  put(bucket: string, object: Omit<StoredObject, 'modified'>): StoredObject;
  remove(bucket: string, key: string): void;
  /** Keys in the order of their UTF-8 bytes, as S3 lists them. */
  sortedKeys(bucket: string): readonly string[];
}

export function createStore(folder: string, clock: Clock): Store {
  const buckets = new Map<string, Bucket>();
  const blobs = createBlobs(folder);
  const sorted = new WeakMap<Bucket, readonly string[]>();

  function getBucket(name: string): Bucket {
    const bucket = buckets.get(name);
    if (!bucket) throw noSuchBucket(name);
    return bucket;
  }

  function put(name: string, object: Omit<StoredObject, 'modified'>): StoredObject {
    const bucket = getBucket(name);
    const before = bucket.objects.get(object.key);
    const stored = { ...object, modified: clock.now() };
    bucket.objects.set(object.key, stored);
    if (before) blobs.remove(before.blob);
    else sorted.delete(bucket);
    return stored;
  }

  function sortedKeys(name: string): readonly string[] {
    const bucket = getBucket(name);
    const known = sorted.get(bucket) ?? [...bucket.objects.keys()].sort(compareUtf8);
    sorted.set(bucket, known);
    return known;
  }

  return {
    buckets,
    blobs,
    getBucket,
    put,
    sortedKeys,
    exists: (name) => buckets.has(name),
    create(name) {
      if (!buckets.has(name)) buckets.set(name, { name, created: clock.now(), objects: new Map() });
    },
    removeBucket: (name) => void buckets.delete(name),
    getObject(name, key) {
      const object = getBucket(name).objects.get(key);
      if (!object) throw noSuchKey(key);
      return object;
    },
    remove(name, key) {
      const bucket = getBucket(name);
      const object = bucket.objects.get(key);
      if (!object) return;
      bucket.objects.delete(key);
      sorted.delete(bucket);
      blobs.remove(object.blob);
    },
    list(name, prefix) {
      const { objects } = getBucket(name);
      return sortedKeys(name)
        .filter((key) => key.startsWith(prefix))
        .map((key) => ({ key, bytes: objects.get(key)?.blob.bytes ?? 0 }));
    },
    fileOf: (name, key) => buckets.get(name)?.objects.get(key)?.blob.file,
    async putFile(name, key, path) {
      getBucket(name);
      const blob = await blobs.write(key, createReadStream(path));
      put(name, { key, blob, etag: etagOf(blob), attributes: {}, tags: [], checksums: {}, checksumType: 'FULL_OBJECT' });
    },
  };
}

export const etagOf = (blob: Blob): string => `"${blob.md5.toString('hex')}"`;

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
