import type {
  CopyObjectOutput,
  CopyObjectRequest,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  GetObjectOutput,
  GetObjectRequest,
  HeadObjectOutput,
  HeadObjectRequest,
  PutObjectOutput,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { AwsError, type Handler } from '../../contract.ts';
import type { ObjectBody } from '../../wire/object-body.ts';
import { toMembers } from './checksums.ts';
import { checkRead, checkWrite } from './conditions.ts';
import { noSuchKey, notFound } from './errors.ts';
import { type ByteRange, parseRange } from './range.ts';
import { etagOf, type ObjectAttributes, type Store, type StoredObject } from './store.ts';
import { parseTagging } from './tags.ts';

const maxKeyBytes = 1024;

export function objectHandlers(store: Store) {
  const putObject: Handler<Omit<PutObjectRequest, 'Body'> & { Body: ObjectBody }, PutObjectOutput> = async (input) => {
    const [bucket, key] = [store.getBucket(input.Bucket ?? ''), checkKey(input.Key)];
    checkWrite(input, bucket.objects.get(key));
    const blob = await store.blobs.write(key, input.Body);
    try {
      // Again: somebody else may have written while the bytes came in.
      checkWrite(input, store.getBucket(bucket.name).objects.get(key));
    } catch (error) {
      store.blobs.remove(blob);
      throw error;
    }
    const { checksums } = input.Body;
    const tags = parseTagging(input.Tagging);
    const stored = store.put(bucket.name, {
      key,
      blob,
      etag: etagOf(blob),
      attributes: pickAttributes(input),
      tags,
      checksums,
      checksumType: 'FULL_OBJECT',
    });
    return { ETag: stored.etag, ...toMembers(checksums), ChecksumType: stored.checksumType, ...encryptionOf(stored) };
  };

  const getObject: Handler<GetObjectRequest, Omit<GetObjectOutput, 'Body'> & { Body: unknown }> = async (input) => {
    const object = store.getObject(input.Bucket ?? '', input.Key ?? '');
    checkRead(input, object);
    const range = rangeOf(input, object);
    // Opened at once: the file stays readable when the object is replaced meanwhile.
    const handle = await open(object.blob.file);
    const overrides = {
      ...(input.ResponseContentType === undefined ? {} : { ContentType: input.ResponseContentType }),
      ...(input.ResponseContentDisposition === undefined ? {} : { ContentDisposition: input.ResponseContentDisposition }),
    };
    return { ...describe(object, range, input.ChecksumMode), ...overrides, Body: handle.createReadStream(range ?? {}) };
  };

  const headObject: Handler<HeadObjectRequest, HeadObjectOutput> = (input) => {
    const object = store.buckets.get(input.Bucket ?? '')?.objects.get(input.Key ?? '');
    if (!object) throw notFound();
    checkRead(input, object);
    return describe(object, rangeOf(input, object), input.ChecksumMode);
  };

  const deleteObject: Handler<DeleteObjectRequest, DeleteObjectOutput> = (input) => {
    const existing = store.getBucket(input.Bucket ?? '').objects.get(input.Key ?? '');
    if (input.IfMatch !== undefined && existing) checkWrite({ IfMatch: input.IfMatch }, existing);
    store.remove(input.Bucket ?? '', input.Key ?? '');
    return {};
  };

  const deleteObjects: Handler<DeleteObjectsRequest, DeleteObjectsOutput> = ({ Bucket: bucket = '', Delete: request }) => {
    store.getBucket(bucket);
    const keys = (request?.Objects ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    if (keys.length === 0 || keys.length > 1000) {
      throw new AwsError(
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
        { status: 400 },
      );
    }
    for (const key of keys) store.remove(bucket, key);
    return request?.Quiet ? {} : { Deleted: keys.map((Key) => ({ Key })) };
  };

  const copyObject: Handler<CopyObjectRequest, CopyObjectOutput> = async (input) => {
    const [bucket, key] = [store.getBucket(input.Bucket ?? ''), checkKey(input.Key)];
    const source = findSource(store, input.CopySource);
    const replaces = input.MetadataDirective === 'REPLACE';
    if (source.key === key && bucket.objects.get(key) === source && !replaces) {
      const message =
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
      throw new AwsError('InvalidRequest', message, { status: 400 });
    }
    checkRead({ IfMatch: input.CopySourceIfMatch, IfNoneMatch: input.CopySourceIfNoneMatch }, source);
    checkWrite(input, bucket.objects.get(key));
    const blob = await store.blobs.write(key, createReadStream(source.blob.file));
    const attributes = replaces ? pickAttributes(input) : source.attributes;
    const tags = input.TaggingDirective === 'REPLACE' ? parseTagging(input.Tagging) : source.tags;
    const { checksums } = source.parts ? { checksums: {} } : source;
    const stored = store.put(bucket.name, {
      key,
      blob,
      etag: etagOf(blob),
      attributes,
      tags,
      checksums,
      checksumType: 'FULL_OBJECT',
    });
    return {
      CopyObjectResult: { ETag: stored.etag, LastModified: stored.modified, ...toMembers(checksums) },
      ...encryptionOf(stored),
    };
  };

  return {
    PutObject: putObject,
    GetObject: getObject,
    HeadObject: headObject,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    CopyObject: copyObject,
  };
}

export function checkKey(key = ''): string {
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw new AwsError('KeyTooLongError', 'Your key is too long', { status: 400, members: { MaxSizeAllowed: maxKeyBytes } });
  return key;
}

export function pickAttributes(input: ObjectAttributes): ObjectAttributes {
  const {
    CacheControl,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentType,
    Metadata,
    ServerSideEncryption,
    SSEKMSKeyId,
    StorageClass,
  } = input;
  return {
    CacheControl,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentType,
    Metadata,
    ServerSideEncryption,
    SSEKMSKeyId,
    StorageClass,
  };
}

/** S3 encrypts every object; without a word about it, with its own keys. */
export function encryptionOf({ attributes }: StoredObject): Pick<PutObjectOutput, 'ServerSideEncryption' | 'SSEKMSKeyId'> {
  return {
    ServerSideEncryption: attributes.ServerSideEncryption ?? 'AES256',
    ...(attributes.SSEKMSKeyId === undefined ? {} : { SSEKMSKeyId: attributes.SSEKMSKeyId }),
  };
}

function rangeOf(
  { Range, PartNumber }: { Range?: string | undefined; PartNumber?: number | undefined },
  object: StoredObject,
): ByteRange | undefined {
  if (PartNumber === undefined) return parseRange(Range, object.blob.bytes);
  const sizes = object.parts ?? [object.blob.bytes];
  const size = sizes[PartNumber - 1];
  if (size === undefined) throw new AwsError('InvalidPartNumber', 'The requested partnumber is not satisfiable', { status: 416 });
  const start = sizes.slice(0, PartNumber - 1).reduce((sum, bytes) => sum + bytes, 0);
  return size === 0 ? undefined : { start, end: start + size - 1 };
}

function describe(
  object: StoredObject,
  range: ByteRange | undefined,
  checksumMode: string | undefined,
): Omit<GetObjectOutput, 'Body'> {
  const { attributes, blob, checksums } = object;
  const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as Omit<
    GetObjectOutput,
    'Body'
  >;
  return {
    ...given,
    ...encryptionOf(object),
    AcceptRanges: 'bytes',
    ContentType: attributes.ContentType ?? 'binary/octet-stream',
    ContentLength: range ? range.end - range.start + 1 : blob.bytes,
    ...(range ? { ContentRange: `bytes ${range.start}-${range.end}/${blob.bytes}` } : {}),
    ETag: object.etag,
    LastModified: object.modified,
    ...(object.tags.length > 0 ? { TagCount: object.tags.length } : {}),
    ...(object.parts ? { PartsCount: object.parts.length } : {}),
    // Of the whole object: with a part of it they would only be compared and found wrong.
    ...(checksumMode === 'ENABLED' && !range ? { ...toMembers(checksums), ChecksumType: object.checksumType } : {}),
  };
}

function findSource(store: Store, header = ''): StoredObject {
  const [path = ''] = header.replace(/^\//, '').split('?versionId=');
  const slash = path.indexOf('/');
  const [bucket, key] = [path.slice(0, slash), path.slice(slash + 1)].map(decodePath);
  if (slash <= 0 || !bucket || !key)
    throw new AwsError('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey', {
      status: 400,
    });
  const object = store.getBucket(bucket).objects.get(key);
  if (!object) throw noSuchKey(key);
  return object;
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
