import type { Readable } from 'node:stream';

/** Objects by s3:// URI. The adapter streams; a missing object is `undefined`, a missing bucket or a refusal is an ActionError. */
export interface ObjectStore {
  /** Checks that the bucket exists and may be listed; throws the ActionError that says what is missing. */
  checkBucket(bucket: string): Promise<void>;
  head(uri: string): Promise<{ bytes: number; etag: string } | undefined>;
  /** Whole object as UTF-8, at most 8 MiB. */
  readText(uri: string): Promise<string | undefined>;
  writeText(uri: string, text: string, contentType: string): Promise<void>;
  writeFile(uri: string, path: string, contentType: string): Promise<void>;
  /** Every object whose URI starts with `uri`, over all pages, in key order. */
  list(uri: string): Promise<StoredObject[]>;
}

/** Reads objects of any size, too. */
export interface StreamingObjectStore extends ObjectStore {
  /** The object's bytes as they come; whoever asks for them must read them to the end or destroy the stream. */
  openRead(uri: string): Promise<Readable | undefined>;
}

export interface StoredObject {
  readonly uri: string;
  readonly bytes: number;
  readonly etag: string;
}
