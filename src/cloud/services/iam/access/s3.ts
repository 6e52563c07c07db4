import type * as s3 from '@aws-sdk/client-s3';
import type { Access, Context } from '../evaluate.ts';
import { access, anywhere, type AccessTable, requestTags, type Scope } from './scope.ts';

interface Place {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
}

const bucketArn = (bucket = '') => `arn:aws:s3:::${bucket}`;
const objectArn = ({ Bucket, Key = '' }: Place) => `${bucketArn(Bucket)}/${Key}`;
const onObject = (action: string) => (input: Place) => [access(action, objectArn(input))];
const onBucket = (action: string) => (input: { Bucket: string | undefined }) => [access(action, bucketArn(input.Bucket))];

/** A key that is there in the request only; `s3:prefix` is not, when nothing is said of a prefix. */
function listing(input: { Prefix?: string | undefined; Delimiter?: string | undefined; MaxKeys?: number | undefined }): Context {
  const { Prefix: prefix, Delimiter: delimiter, MaxKeys: max } = input;
  return {
    ...(prefix === undefined ? {} : { 's3:prefix': [prefix] }),
    ...(delimiter === undefined ? {} : { 's3:delimiter': [delimiter] }),
    ...(max === undefined ? {} : { 's3:max-keys': [String(max)] }),
  };
}

/**
 * Whoever may not list does not hear that an object is missing: S3 asks for s3:ListBucket then, with the key as `s3:prefix`.
 * (That it does so: Ceph's and kopia's tests against AWS, 2026-04 and 2023-07.)
 */
function read(input: Place, scope: Scope): Access[] {
  const { Bucket: bucket = '', Key: key = '' } = input;
  const missing = scope.hasBucket(bucket) && !scope.hasObject(bucket, key);
  const list = missing ? [access('s3:ListBucket', bucketArn(bucket), { 's3:prefix': [key] })] : [];
  return [access('s3:GetObject', objectArn(input)), ...list];
}

function write(input: Place & { Tagging?: string | undefined }): Access[] {
  const { Tagging: tags } = input;
  const tagging =
    tags === undefined ? [] : [access('s3:PutObjectTagging', objectArn(input), requestTags(new URLSearchParams(tags)))];
  return [access('s3:PutObject', objectArn(input)), ...tagging];
}

export const s3Access = {
  AbortMultipartUpload: onObject('s3:AbortMultipartUpload'),
  CompleteMultipartUpload: onObject('s3:PutObject'),
  CopyObject: (input: s3.CopyObjectRequest, scope: Scope) => [...read(parseSource(input.CopySource), scope), ...write(input)],
  CreateBucket: onBucket('s3:CreateBucket'),
  CreateMultipartUpload: (input: s3.CreateMultipartUploadRequest) => write(input),
  DeleteBucket: onBucket('s3:DeleteBucket'),
  DeleteObject: onObject('s3:DeleteObject'),
  DeleteObjectTagging: onObject('s3:DeleteObjectTagging'),
  // On AWS each key is refused by itself, in an answer of 200; here the first that is refused refuses the request.
  DeleteObjects: ({ Bucket, Delete: { Objects = [] } = { Objects: [] } }: s3.DeleteObjectsRequest) =>
    Objects.map(({ Key }) => access('s3:DeleteObject', objectArn({ Bucket, Key }))),
  GetBucketLocation: onBucket('s3:GetBucketLocation'),
  GetObject: read,
  GetObjectAttributes: read,
  GetObjectTagging: onObject('s3:GetObjectTagging'),
  HeadBucket: onBucket('s3:ListBucket'),
  HeadObject: read,
  ListBuckets: anywhere('s3:ListAllMyBuckets'),
  ListMultipartUploads: (input: s3.ListMultipartUploadsRequest) => [
    access(
      's3:ListBucketMultipartUploads',
      bucketArn(input.Bucket),
      listing({ Prefix: input.Prefix, Delimiter: input.Delimiter }),
    ),
  ],
  ListObjectsV2: (input: s3.ListObjectsV2Request) => [access('s3:ListBucket', bucketArn(input.Bucket), listing(input))],
  ListParts: onObject('s3:ListMultipartUploadParts'),
  PutObject: (input: s3.PutObjectRequest) => write(input),
  PutObjectTagging: (input: s3.PutObjectTaggingRequest) => [
    access(
      's3:PutObjectTagging',
      objectArn(input),
      requestTags((input.Tagging?.TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    ),
  ],
  UploadPart: onObject('s3:PutObject'),
  UploadPartCopy: (input: s3.UploadPartCopyRequest, scope: Scope) => [
    ...read(parseSource(input.CopySource), scope),
    access('s3:PutObject', objectArn(input)),
  ],
} satisfies AccessTable;

/** `/bucket/key?versionId=…`, percent-encoded. */
function parseSource(source = ''): Place {
  const [path = ''] = source.replace(/^\//, '').split('?');
  const slash = path.indexOf('/');
  return { Bucket: path.slice(0, slash), Key: decode(path.slice(slash + 1)) };
}

/** What is no encoding stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
