import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { crc32 } from 'node:zlib';
import type { StoredObject } from '../records/ports.ts';
import { partBytes } from '../staging/limits.ts';
import { createBudget } from '../staging/pool.ts';
import type { StagingStore } from '../staging/ports.ts';
import { call } from './errors.ts';
import { parseS3Uri } from './s3-uri.ts';
import type { Sender } from './staging-sender.ts';

/** Parts that are held and sent at once, of all objects together. */
const maxParts = 6;
/** S3 takes 10,000 parts of an object. */
const mostParts = 9_000;
/** Of a copy; the service reads them itself. */
const copyPartBytes = 2 ** 30;

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

interface Uploads {
  upload: StagingStore['upload'];
  /** A copy in parts, for objects too large for one call. @returns its ETag */
  copy(from: StoredObject, uri: string, signal: AbortSignal): Promise<string>;
}

/** Uploads in parts. One that does not come to its end is taken back, so that nobody pays for parts of nothing. */
export function createUploads(s3: S3Client, sender: Sender): Uploads {
  const places = createBudget(maxParts);
  const buffers: Buffer[] = [];

  async function inParts(
    uri: string,
    signal: AbortSignal,
    work: (upload: Upload) => Promise<{ parts: CompletedPart[]; crc32?: number }>,
  ): Promise<string> {
    const { bucket: Bucket, key: Key } = parseS3Uri(uri);
    const doing = { action: 's3:PutObject', resource: uri };
    const { UploadId = '' } = await call(doing, () =>
      s3.send(
        new CreateMultipartUploadCommand({
          Bucket,
          Key,
          ContentType: 'application/octet-stream',
          ChecksumAlgorithm: 'CRC32',
          ChecksumType: 'FULL_OBJECT',
        }),
        { abortSignal: signal },
      ),
    );
    const upload = { Bucket, Key, UploadId };
    try {
      const { parts, crc32: sum } = await work(upload);
      signal.throwIfAborted();
      const command = new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: parts },
        ChecksumType: 'FULL_OBJECT',
        ...(sum === undefined ? {} : { ChecksumCRC32: toBase64(sum) }),
      });
      const { ETag } = await call(doing, () => s3.send(command, { abortSignal: signal }));
      return (ETag ?? '').replaceAll('"', '');
    } catch (error) {
      // Best effort: the bucket's rule for unfinished uploads finds the rest.
      await s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  async function sendPart(upload: Upload, number: number, body: Buffer, signal: AbortSignal): Promise<CompletedPart> {
    const checksum = toBase64(crc32(body));
    const { Bucket, Key, UploadId } = upload;
    const sent = await sender.send({
      bucket: Bucket,
      key: Key,
      query: [
        ['partNumber', String(number)],
        ['uploadId', UploadId],
      ],
      headers: { 'x-amz-checksum-crc32': checksum },
      body,
      signal,
    });
    if (sent?.etag !== undefined) return { PartNumber: number, ETag: sent.etag, ChecksumCRC32: checksum };
    const command = new UploadPartCommand({ ...upload, PartNumber: number, Body: body, ChecksumCRC32: checksum });
    const resource = `part ${number} of s3://${Bucket}/${Key}`;
    const answer = await call({ action: 's3:PutObject', resource }, () => s3.send(command, { abortSignal: signal }));
    return { PartNumber: number, ETag: answer.ETag, ChecksumCRC32: checksum };
  }

  return {
    upload: (uri, fill, { bytes, signal, onPart }) =>
      inParts(uri, signal, async (upload) => {
        const size = Math.max(partBytes, Math.ceil(bytes / mostParts));
        const parts: CompletedPart[] = [];
        const failures: unknown[] = [];
        const active: Promise<void>[] = [];
        let sum = 0;
        for (let number = 1; failures.length === 0; number += 1) {
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
          if (filled === 0) {
            release();
            break;
          }
          const body = buffer.subarray(0, filled);
          sum = crc32(body, sum);
          const send = async () => {
            try {
              parts.push(await sendPart(upload, number, body, signal));
              onPart(filled);
            } catch (error) {
              failures.push(error);
            } finally {
              release();
            }
          };
          active.push(send());
          if (filled < size) break;
        }
        await Promise.all(active);
        if (failures.length > 0) throw failures[0];
        parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
        return { parts, crc32: sum };
      }),

    copy: (from, uri, signal) =>
      inParts(uri, signal, async (upload) => {
        const parts: CompletedPart[] = [];
        for (let start = 0; start < from.bytes; start += copyPartBytes) {
          const command = new UploadPartCopyCommand({
            ...upload,
            PartNumber: parts.length + 1,
            CopySource: toCopySource(from.uri),
            CopySourceIfMatch: from.etag,
            CopySourceRange: `bytes=${start}-${Math.min(start + copyPartBytes, from.bytes) - 1}`,
          });
          const { CopyPartResult: result } = await call({ action: 's3:PutObject', resource: uri }, () =>
            s3.send(command, { abortSignal: signal }),
          );
          parts.push({ PartNumber: parts.length + 1, ETag: result?.ETag, ChecksumCRC32: result?.ChecksumCRC32 });
        }
        return { parts };
      }),
  };
}

function toBase64(sum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('base64');
}

/** Bucket and key as a header takes them. */
export function toCopySource(uri: string): string {
  const { bucket, key } = parseS3Uri(uri);
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
