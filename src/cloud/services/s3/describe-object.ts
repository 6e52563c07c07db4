import type { GetObjectOutput } from '@aws-sdk/client-s3';
import { AwsError } from '../../contract.ts';
import { toMembers } from './checksums.ts';
import { encryptionOf } from './object-attributes.ts';
import { type ByteRange, parseRange } from './range.ts';
import type { StoredObject } from './store.ts';

/** The bytes a request asks for, by range or by part; undefined: all. */
export function rangeOf(
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

/** An object's headers, as GetObject and HeadObject answer them. */
export function describeObject(
  object: StoredObject,
  range: ByteRange | undefined,
  checksumMode: string | undefined,
): Omit<GetObjectOutput, 'Body'> {
  const { attributes, blob, checksums } = object;
  return {
    ...attributes,
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
