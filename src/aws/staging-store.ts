import { CopyObjectCommand, DeleteObjectsCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ActionError } from '../action-error.ts';
import type { StreamingObjectStore } from '../records/ports.ts';
import { getPartBytes } from '../staging/parts.ts';
import type { StagingStore } from '../staging/ports.ts';
import type { Clients } from './clients.ts';
import { call } from './errors.ts';
import { parseS3Uri } from './s3-uri.ts';
import { createSender } from './staging-sender.ts';
import { createUploads, originKey, toCopySource } from './staging-uploads.ts';

/** S3 copies objects up to this size in one call. */
const maxCopyBytes = 5 * 2 ** 30;
const deleteBatch = 1_000;
const contentType = 'application/octet-stream';
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
      const { ContentLength: bytes = 0, ETag: etag } = answer;
      const content = findContent(answer.ChecksumSHA256, bytes);
      const origin = answer.Metadata?.[originKey];
      return {
        bytes,
        etag: unquote(etag),
        ...(content === undefined ? {} : { content }),
        ...(origin === undefined ? {} : { origin }),
      };
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
      const answer = await call({ action: 's3:PutObject', resource: uri }, () => s3.send(command, { abortSignal: signal }));
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
      const { ETag: etag, ChecksumSHA256: checksum } = answer.CopyObjectResult ?? {};
      const content = findContent(checksum, from.bytes);
      return { etag: unquote(etag), ...(content === undefined ? {} : { content }) };
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

/** A checksum of S3 as a manifest has it; one of parts only when they are cut as ours are. */
function findContent(checksum: string | undefined, bytes: number): string | undefined {
  const [, base64 = '', parts] = /^([A-Za-z0-9+/]{43}=)(?:-(\d+))?$/.exec(checksum ?? '') ?? [];
  if (base64 === '') return undefined;
  const hex = Buffer.from(base64, 'base64').toString('hex');
  if (parts === undefined) return `sha256:${hex}`;
  return Number(parts) === Math.ceil(bytes / getPartBytes(bytes)) ? `sha256-parts:${hex}` : undefined;
}
