import { CopyObjectCommand, DeleteObjectsCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ActionError } from '../action-error.ts';
import type { StreamingObjectStore } from '../records/ports.ts';
import type { Described, StagingStore } from '../staging/ports.ts';
import type { Clients } from './clients.ts';
import { call } from './errors.ts';
import { parseS3Uri } from './s3-uri.ts';
import { createSender } from './staging-sender.ts';
import { createUploads, toCopySource } from './staging-uploads.ts';

/** S3 copies objects up to this size in one call. */
const maxCopyBytes = 5 * 2 ** 30;
const deleteBatch = 1_000;
const contentType = 'application/octet-stream';
const originKey = 'trainyard-origin';
const unquote = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');

/** S3 for staging: fast for many small files, bounded in memory for large ones. */
export function createStagingStore(clients: Clients, objects: StreamingObjectStore): StagingStore {
  const s3 = clients.of(S3Client);
  const sender = createSender(s3, clients.region);
  const uploads = createUploads(s3, sender);

  return {
    list: (uri) => objects.list(uri),
    openRead: (uri) => objects.openRead(uri),
    upload: (uri, fill, more) => uploads.upload(uri, fill, more),

    async describe(uri) {
      const { bucket, key } = parseS3Uri(uri);
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
      const answer = await call({ action: 's3:GetObject', resource: uri }, () => s3.send(command));
      const { ChecksumSHA256: sha256, ChecksumCRC32: crc32, ChecksumType: type } = answer;
      const whole = type !== 'COMPOSITE';
      const origin = answer.Metadata?.[originKey];
      return {
        bytes: answer.ContentLength ?? 0,
        etag: unquote(answer.ETag),
        ...(whole && sha256 !== undefined ? { sha256: Buffer.from(sha256, 'base64').toString('hex') } : {}),
        ...(whole && crc32 !== undefined ? { crc32: Buffer.from(crc32, 'base64').readUInt32BE() } : {}),
        ...(origin === undefined ? {} : { origin }),
      } satisfies Described;
    },

    async put(uri, data, { sha256, origin, signal }) {
      const { bucket, key } = parseS3Uri(uri);
      const checksum = sha256.toString('base64');
      const sent = await sender.send({
        bucket,
        key,
        query: [],
        headers: {
          'content-type': contentType,
          'x-amz-checksum-sha256': checksum,
          ...(origin === '' ? {} : { [`x-amz-meta-${originKey}`]: origin }),
        },
        sha256: sha256.toString('hex'),
        body: data,
        signal,
      });
      if (sent?.etag !== undefined) return unquote(sent.etag);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: data,
        ContentType: contentType,
        ChecksumSHA256: checksum,
        ...(origin === '' ? {} : { Metadata: { [originKey]: origin } }),
      });
      const answer = await call({ action: 's3:PutObject', resource: uri }, () => sender.learn(command, signal));
      return unquote(answer.ETag);
    },

    async copy(from, uri, signal) {
      if (from.bytes > maxCopyBytes) return { etag: await uploads.copy(from, uri, signal) };
      const { bucket, key } = parseS3Uri(uri);
      const command = new CopyObjectCommand({
        Bucket: bucket,
        Key: key,
        CopySource: toCopySource(from.uri),
        CopySourceIfMatch: from.etag,
        ChecksumAlgorithm: 'SHA256',
      });
      const answer = await call({ action: 's3:PutObject', resource: `${uri} (a copy of ${from.uri})` }, () =>
        s3.send(command, { abortSignal: signal }),
      );
      const sha256 = answer.CopyObjectResult?.ChecksumSHA256;
      return {
        etag: unquote(answer.CopyObjectResult?.ETag),
        // Of a copy of an object in parts it may be a checksum of checksums.
        ...(sha256 === undefined || sha256.includes('-') ? {} : { sha256: Buffer.from(sha256, 'base64').toString('hex') }),
      };
    },

    async remove(uris) {
      const places = uris.map(parseS3Uri);
      for (let start = 0; start < places.length; start += deleteBatch) {
        const batch = places.slice(start, start + deleteBatch);
        const bucket = batch[0]?.bucket ?? '';
        const command = new DeleteObjectsCommand({
          Bucket: bucket,
          Delete: { Objects: batch.map(({ key }) => ({ Key: key })), Quiet: true },
        });
        const doing = { action: 's3:DeleteObject', resource: `${batch.length} objects of the bucket ${bucket}` };
        const { Errors: [first, ...rest] = [] } = await call(doing, () => s3.send(command));
        if (first) {
          throw new ActionError({
            kind: first.Code === 'AccessDenied' ? 'permission' : 'aws',
            message: `${rest.length + 1} of ${doing.resource} were not removed, first ${first.Key ?? ''}: ${first.Code ?? ''} ${first.Message ?? ''}`,
            fix: 'Give the role s3:DeleteObject on that prefix, or stage without delete.',
          });
        }
      }
    },
  };
}
