import type { CopyObjectOutput, CopyObjectRequest } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { AwsError, type Handler } from '../../contract.ts';
import { toMembers } from './checksums.ts';
import { checkRead, checkWrite } from './conditions.ts';
import { noSuchKey } from './errors.ts';
import { checkKey, encryptionOf, pickAttributes } from './object-attributes.ts';
import { etagOf, type Store, type StoredObject } from './store.ts';
import { parseTagging } from './tags.ts';

export function copyHandler(store: Store): Handler<CopyObjectRequest, CopyObjectOutput> {
  return async (input) => {
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
