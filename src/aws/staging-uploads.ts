import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { ActionError } from '../action-error.ts';
import type { StoredObject } from '../records/ports.ts';
import { partBytes } from '../staging/limits.ts';
import { describeParts, getPartBytes, hashPart } from '../staging/parts.ts';
import { createBudget } from '../staging/pool.ts';
import type { StagingStore } from '../staging/ports.ts';
import { call } from './errors.ts';
import { parseS3Uri } from './s3-uri.ts';
import type { Sender } from './staging-sender.ts';

/** Parts that are held and sent at once, of all objects together. */
const maxParts = 4;
/** Of a copy; the service reads them itself. */
const copyPartBytes = 2 ** 30;
/** Metadata of an object: what its source said of its content. */
export const originKey = 'trainyard-origin';

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

interface Uploads {
  readonly upload: StagingStore['upload'];
  /** A copy in parts, for objects too large for one call. @returns its ETag */
  readonly copy: (from: StoredObject, uri: string, signal: AbortSignal) => Promise<string>;
}

/** Uploads in parts. One that does not come to its end is taken back, so that nobody pays for parts of nothing. */
export function createUploads(s3: S3Client, sender: Sender): Uploads {
  const places = createBudget(maxParts);
  const buffers: Buffer[] = [];

  /** @param work sends the parts, in any order */
  async function inParts(
    uri: string,
    { origin, signal }: { origin: string; signal: AbortSignal },
    work: (upload: Upload) => Promise<CompletedPart[]>,
  ): Promise<string> {
    const { bucket: Bucket, key: Key } = parseS3Uri(uri);
    const doing = { action: 's3:PutObject', resource: uri };
    const create = new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ContentType: 'application/octet-stream',
      ChecksumAlgorithm: 'SHA256',
      ...(origin === '' ? {} : { Metadata: { [originKey]: origin } }),
    });
    const { UploadId = '' } = await call(doing, () => s3.send(create, { abortSignal: signal }));
    const upload = { Bucket, Key, UploadId };
    try {
      const parts = await work(upload);
      signal.throwIfAborted();
      const Parts = parts.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
      const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
      const { ETag } = await call(doing, () => s3.send(command, { abortSignal: signal }));
      return (ETag ?? '').replaceAll('"', '');
    } catch (error) {
      // Best effort: the bucket's rule for unfinished uploads finds the rest.
      await s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  async function sendPart(
    upload: Upload,
    number: number,
    body: Buffer,
    sha256: Buffer,
    signal: AbortSignal,
  ): Promise<CompletedPart> {
    const checksum = sha256.toString('base64');
    const { Bucket, Key, UploadId } = upload;
    const sent = await sender.send({
      bucket: Bucket,
      key: Key,
      query: [
        ['partNumber', String(number)],
        ['uploadId', UploadId],
      ],
      headers: { 'x-amz-checksum-sha256': checksum },
      sha256: sha256.toString('hex'),
      body,
      signal,
    });
    if (sent?.etag !== undefined) return { PartNumber: number, ETag: sent.etag, ChecksumSHA256: checksum };
    const command = new UploadPartCommand({ ...upload, PartNumber: number, Body: body, ChecksumSHA256: checksum });
    const resource = `part ${number} of s3://${Bucket}/${Key}`;
    const answer = await call({ action: 's3:PutObject', resource }, () => s3.send(command, { abortSignal: signal }));
    return { PartNumber: number, ETag: answer.ETag, ChecksumSHA256: checksum };
  }

  const upload: StagingStore['upload'] = async (uri, fill, { bytes, origin, signal, onPart }) => {
    const hashes: Buffer[] = [];
    const etag = await inParts(uri, { origin, signal }, async (started) => {
      const size = getPartBytes(bytes);
      const parts: CompletedPart[] = [];
      const failures: unknown[] = [];
      const active: Promise<void>[] = [];
      let read = 0;
      const send = async (number: number, body: Buffer, release: () => void) => {
        try {
          const sha256 = hashPart(body);
          hashes[number - 1] = sha256;
          parts.push(await sendPart(started, number, body, sha256, signal));
          onPart(body.length);
        } catch (error) {
          failures.push(error);
        } finally {
          release();
        }
      };
      for (let number = 1, last = false; !last && failures.length === 0; number += 1) {
        const leave = await places.take(1);
        const buffer = (size === partBytes ? buffers.pop() : undefined) ?? Buffer.allocUnsafeSlow(size);
        const release = () => {
          if (size === partBytes) buffers.push(buffer);
          leave();
        };
        const filled = await fill(buffer).catch((error: unknown) => {
          failures.push(error);
          return 0;
        });
        read += filled;
        last = filled < size;
        if (filled === 0) release();
        else active.push(send(number, buffer.subarray(0, filled), release));
      }
      await Promise.all(active);
      if (failures.length > 0) throw failures[0];
      if (read !== bytes) throw changed(uri, bytes, read);
      return parts;
    });
    return { etag, content: describeParts(hashes) };
  };

  const copy: Uploads['copy'] = (from, uri, signal) =>
    inParts(uri, { origin: '', signal }, async (started) => {
      const parts: CompletedPart[] = [];
      for (let start = 0; start < from.bytes; start += copyPartBytes) {
        const command = new UploadPartCopyCommand({
          ...started,
          PartNumber: parts.length + 1,
          CopySource: toCopySource(from.uri),
          CopySourceIfMatch: from.etag,
          CopySourceRange: `bytes=${start}-${Math.min(start + copyPartBytes, from.bytes) - 1}`,
        });
        const { CopyPartResult: result } = await call({ action: 's3:PutObject', resource: uri }, () =>
          s3.send(command, { abortSignal: signal }),
        );
        parts.push({ PartNumber: parts.length + 1, ETag: result?.ETag, ChecksumSHA256: result?.ChecksumSHA256 });
      }
      return parts;
    });

  return { upload, copy };
}

function changed(uri: string, bytes: number, read: number): ActionError {
  return new ActionError({
    kind: 'conflict',
    message: `${uri} was not written: its source has ${read} bytes, and ${bytes} a moment ago.`,
    fix: 'Let whoever writes the source end before this step begins.',
  });
}

/** Bucket and key as a header takes them. */
export function toCopySource(uri: string): string {
  const { bucket, key } = parseS3Uri(uri);
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
