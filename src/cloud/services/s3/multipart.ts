import type {
  AbortMultipartUploadRequest,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  ListPartsRequest,
  UploadPartOutput,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import { AwsError, type Handler } from '../../contract.ts';
import { createChecksum } from '../../wire/checksum.ts';
import type { ObjectBody } from '../../wire/object-body.ts';
import { fromMembers, headerOfAlgorithm, toMembers } from './checksums.ts';
import { checkWrite } from './conditions.ts';
import { noSuchUpload } from './errors.ts';
import { checkKey, encryptionOf, pickAttributes } from './object-attributes.ts';
import { etagOf, type Store } from './store.ts';
import { parseTagging } from './tags.ts';
import { checksumOf, checkWholeChecksum, type Part, pickParts, type Upload } from './upload-parts.ts';

export function multipartHandlers(store: Store, clock: Clock) {
  const uploads = new Map<string, Upload>();

  function getUpload({
    Bucket,
    Key,
    UploadId = '',
  }: {
    Bucket?: string | undefined;
    Key?: string | undefined;
    UploadId?: string | undefined;
  }): Upload {
    store.getBucket(Bucket ?? '');
    const upload = uploads.get(UploadId);
    if (!upload || upload.bucket !== Bucket || upload.key !== Key) throw noSuchUpload(UploadId);
    return upload;
  }

  function getOpenUpload(input: Parameters<typeof getUpload>[0]): Upload {
    const upload = getUpload(input);
    if (upload.completed) throw noSuchUpload(upload.id);
    return upload;
  }

  const create: Handler<CreateMultipartUploadRequest, CreateMultipartUploadOutput> = (input) => {
    const [bucket, key] = [store.getBucket(input.Bucket ?? '').name, checkKey(input.Key)];
    const id = randomUUID().replaceAll('-', '');
    const checksumHeader = input.ChecksumAlgorithm && headerOfAlgorithm(input.ChecksumAlgorithm);
    const checksumType = input.ChecksumType ?? (input.ChecksumAlgorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
    const attributes = pickAttributes(input);
    uploads.set(id, {
      id,
      bucket,
      key,
      initiated: clock.now(),
      attributes,
      tagging: input.Tagging,
      checksumHeader,
      checksumType,
      parts: new Map(),
    });
    return {
      Bucket: bucket,
      Key: key,
      UploadId: id,
      ...(input.ChecksumAlgorithm ? { ChecksumAlgorithm: input.ChecksumAlgorithm, ChecksumType: checksumType } : {}),
    };
  };

  const uploadPart: Handler<Omit<UploadPartRequest, 'Body'> & { Body: ObjectBody }, UploadPartOutput> = async (input) => {
    const upload = getOpenUpload(input);
    const number = input.PartNumber ?? 0;
    if (number < 1 || number > 10_000)
      throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', { status: 400 });
    const blob = await store.blobs.write(`${upload.key}.part-${number}`, input.Body);
    const before = upload.parts.get(number);
    const part: Part = { number, blob, etag: etagOf(blob), modified: clock.now(), checksums: input.Body.checksums };
    upload.parts.set(number, part);
    if (before) store.blobs.remove(before.blob);
    return { ETag: part.etag, ...toMembers(part.checksums) };
  };

  const complete: Handler<CompleteMultipartUploadRequest, CompleteMultipartUploadOutput> = async (input) => {
    const upload = getUpload(input);
    if (upload.completed) return upload.completed;
    const parts = pickParts(upload, input.MultipartUpload?.Parts ?? []);
    const existing = () => store.getBucket(upload.bucket).objects.get(upload.key);
    checkWrite(input, existing());
    const whole =
      upload.checksumHeader !== undefined && upload.checksumType === 'FULL_OBJECT'
        ? createChecksum(upload.checksumHeader)
        : undefined;
    const blob = await store.blobs.join(
      upload.key,
      parts.map((part) => part.blob.file),
      whole,
    );
    const checksums = upload.checksumHeader === undefined ? {} : checksumOf(upload.checksumHeader, whole?.digest(), parts);
    try {
      checkWholeChecksum(fromMembers(input), checksums);
      checkWrite(input, existing());
    } catch (error) {
      store.blobs.remove(blob);
      throw error;
    }
    const etag = `"${createHash('md5')
      .update(Buffer.concat(parts.map((part) => part.blob.md5)))
      .digest('hex')}-${parts.length}"`;
    const { key, attributes, checksumType } = upload;
    const sizes = parts.map((part) => part.blob.bytes);
    const stored = store.put(upload.bucket, {
      key,
      blob,
      etag,
      attributes,
      tags: parseTagging(upload.tagging),
      checksums,
      checksumType,
      parts: sizes,
    });
    for (const part of upload.parts.values()) store.blobs.remove(part.blob);
    upload.completed = {
      Bucket: upload.bucket,
      Key: key,
      ETag: etag,
      Location: `/${upload.bucket}/${key}`,
      ...toMembers(checksums),
      ...encryptionOf(stored),
    };
    return upload.completed;
  };

  const abort: Handler<AbortMultipartUploadRequest, object> = (input) => {
    const upload = getOpenUpload(input);
    uploads.delete(upload.id);
    for (const part of upload.parts.values()) store.blobs.remove(part.blob);
    return {};
  };

  const listParts: Handler<ListPartsRequest, ListPartsOutput> = (input) => {
    const upload = getOpenUpload(input);
    const after = Number(input.PartNumberMarker ?? 0);
    const remaining = [...upload.parts.values()].filter((part) => part.number > after).sort((a, b) => a.number - b.number);
    const page = remaining.slice(0, input.MaxParts ?? 1000);
    const truncated = page.length < remaining.length;
    return {
      Bucket: upload.bucket,
      Key: upload.key,
      UploadId: upload.id,
      IsTruncated: truncated,
      ...(truncated ? { NextPartNumberMarker: String(page.at(-1)?.number ?? after) } : {}),
      Parts: page.map(({ number, etag, blob, modified, checksums }) =>
        Object.assign(toMembers(checksums), { PartNumber: number, ETag: etag, Size: blob.bytes, LastModified: modified }),
      ),
    };
  };

  const listUploads: Handler<ListMultipartUploadsRequest, ListMultipartUploadsOutput> = ({
    Bucket: bucket = '',
    Prefix: prefix = '',
  }) => {
    store.getBucket(bucket);
    const open = [...uploads.values()].filter(
      (upload) => upload.bucket === bucket && !upload.completed && upload.key.startsWith(prefix),
    );
    return {
      Bucket: bucket,
      IsTruncated: false,
      Uploads: open.map(({ id, key, initiated }) => ({ UploadId: id, Key: key, Initiated: initiated })),
    };
  };

  return {
    CreateMultipartUpload: create,
    UploadPart: uploadPart,
    CompleteMultipartUpload: complete,
    AbortMultipartUpload: abort,
    ListParts: listParts,
    ListMultipartUploads: listUploads,
  };
}
