import type {
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
import { open } from 'node:fs/promises';
import { AwsError, type Handler } from '../../contract.ts';
import type { ObjectBody } from '../../wire/object-body.ts';
import { toMembers } from './checksums.ts';
import { checkRead, checkWrite } from './conditions.ts';
import { copyHandler } from './copy-object.ts';
import { describeObject, rangeOf } from './describe-object.ts';
import { noSuchVersion, notFound } from './errors.ts';
import { checkKey, encryptionOf, pickAttributes } from './object-attributes.ts';
import { etagOf, type Store } from './store.ts';
import { parseTagging } from './tags.ts';

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
    checkVersion(input.VersionId);
    const object = store.getObject(input.Bucket ?? '', input.Key ?? '');
    checkRead(input, object);
    const range = rangeOf(input, object);
    // Opened at once: the file stays readable when the object is replaced meanwhile.
    const handle = await open(object.blob.file);
    const overrides = {
      ...(input.ResponseContentType === undefined ? {} : { ContentType: input.ResponseContentType }),
      ...(input.ResponseContentDisposition === undefined ? {} : { ContentDisposition: input.ResponseContentDisposition }),
    };
    return { ...describeObject(object, range, input.ChecksumMode), ...overrides, Body: handle.createReadStream(range ?? {}) };
  };

  const headObject: Handler<HeadObjectRequest, HeadObjectOutput> = (input) => {
    const object = store.buckets.get(input.Bucket ?? '')?.objects.get(input.Key ?? '');
    if (!object) throw notFound();
    checkRead(input, object);
    return describeObject(object, rangeOf(input, object), input.ChecksumMode);
  };

  const deleteObject: Handler<DeleteObjectRequest, DeleteObjectOutput> = (input) => {
    checkVersion(input.VersionId);
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

  return {
    PutObject: putObject,
    GetObject: getObject,
    HeadObject: headObject,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    CopyObject: copyHandler(store),
  };
}

/** No bucket here keeps versions: an object has the one that S3 calls `null`. */
function checkVersion(versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== 'null') throw noSuchVersion(versionId);
}
