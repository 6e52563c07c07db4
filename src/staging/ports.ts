import type { Readable } from 'node:stream';
import type { StoredObject } from '../records/ports.ts';
import type { Log } from '../runner/ports.ts';
import type { Clock } from '../time/clock.ts';

/** Fills a buffer from where it stopped before; gives fewer bytes than fit only at the end of what it reads. */
export type Fill = (into: Buffer) => Promise<number>;

/** What S3 knows of an object without reading it. */
export interface Described {
  readonly bytes: number;
  readonly etag: string;
  /** As in a manifest, from the checksum that the service computed; absent when it has none that says it. */
  readonly content?: string;
  /** What it was written with as origin. */
  readonly origin?: string;
}

/** S3 as staging needs it. No method leaves half an object behind; every refusal is an ActionError. */
export interface StagingStore {
  /** Every object whose URI starts with `uri`, in key order. */
  list(uri: string): Promise<StoredObject[]>;
  openRead(uri: string): Promise<Readable | undefined>;
  describe(uri: string): Promise<Described | undefined>;
  /**
   * Writes one object in one request; the service compares the SHA-256 before it takes it.
   * @param origin what the source says of the content (`crc32:…`), kept with the object for a later comparison
   * @returns its ETag
   */
  put(uri: string, data: Buffer, more: { sha256: Buffer; origin: string; signal: AbortSignal }): Promise<string>;
  /**
   * Writes one object in parts, several at once; the service compares the SHA-256 of each.
   * @param bytes how many `fill` will give
   */
  upload(
    uri: string,
    fill: Fill,
    more: { bytes: number; origin: string; signal: AbortSignal; onPart: (bytes: number) => void },
  ): Promise<{ etag: string; content: string }>;
  /** Copies on the service's side, and only the version with that ETag. */
  copy(from: StoredObject, uri: string, signal: AbortSignal): Promise<{ etag: string; content?: string }>;
  remove(uris: readonly string[]): Promise<void>;
}

export interface StageDeps {
  readonly store: StagingStore;
  readonly log: Pick<Log, 'info' | 'warning'>;
  readonly clock: Clock;
  /** Aborts when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Folder of the checkout. */
  readonly root: string;
  /** The runner's temp folder. */
  readonly temp: string;
  /** `TRAINYARD_DOWNLOAD_URL`: stands in for the host of every download, as AWS_ENDPOINT_URL does for AWS. */
  readonly downloadUrl: string | undefined;
}
