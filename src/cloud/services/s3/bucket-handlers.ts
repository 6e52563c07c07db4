import type {
  CreateBucketOutput,
  CreateBucketRequest,
  DeleteBucketRequest,
  GetBucketLocationRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListObjectsV2Output,
  ListObjectsV2Request,
} from '@aws-sdk/client-s3';
import { AwsError, type Handler } from '../../contract.ts';
import { isBucketName } from './bucket-name.ts';
import { notFound } from './errors.ts';
import { decodeToken, encodeToken, listPage } from './listing.ts';
import type { Store } from './store.ts';

const maxPage = 1000;

export function bucketHandlers(store: Store, region: string) {
  const createBucket: Handler<CreateBucketRequest, CreateBucketOutput> = ({
    Bucket: name = '',
    CreateBucketConfiguration: configuration,
  }) => {
    if (!isBucketName(name))
      throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', { members: { BucketName: name } });
    const location = configuration?.LocationConstraint;
    if ((location ?? 'us-east-1') !== region) {
      const message = `The ${location ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`;
      throw new AwsError('IllegalLocationConstraintException', message, { status: 400 });
    }
    if (String(location) === 'us-east-1')
      throw new AwsError('InvalidLocationConstraint', 'The specified location-constraint is not valid', { status: 400 });
    // In us-east-1 alone creating one's own bucket again is a success.
    if (store.exists(name) && region !== 'us-east-1') {
      throw new AwsError(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        { status: 409 },
      );
    }
    store.create(name);
    return { Location: `/${name}` };
  };

  const headBucket: Handler<HeadBucketRequest, HeadBucketOutput> = ({ Bucket: name = '' }) => {
    if (!store.exists(name)) throw notFound();
    return { BucketRegion: region };
  };

  const deleteBucket: Handler<DeleteBucketRequest, void> = ({ Bucket: name = '' }) => {
    if (store.getBucket(name).objects.size > 0) {
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', {
        status: 409,
        members: { BucketName: name },
      });
    }
    store.removeBucket(name);
  };

  const listBuckets: Handler<object, ListBucketsOutput> = () => ({
    Buckets: [...store.buckets.values()].map(({ name, created }) => ({
      Name: name,
      CreationDate: created,
      BucketRegion: region,
    })),
    Owner: { ID: '0'.repeat(64) },
  });

  const getBucketLocation: Handler<GetBucketLocationRequest, { LocationConstraint?: string }> = ({ Bucket: name = '' }) => {
    store.getBucket(name);
    return region === 'us-east-1' ? {} : { LocationConstraint: region };
  };

  const listObjects: Handler<ListObjectsV2Request, ListObjectsV2Output> = (input) => {
    const bucket = store.getBucket(input.Bucket ?? '');
    const encode = input.EncodingType === 'url' ? encodeKey : (key: string) => key;
    const [prefix, delimiter, maxKeys] = [input.Prefix ?? '', input.Delimiter ?? '', Math.min(input.MaxKeys ?? maxPage, maxPage)];
    const after = input.ContinuationToken === undefined ? input.StartAfter : decodeToken(input.ContinuationToken);
    const page = listPage(store.sortedKeys(bucket.name), { prefix, delimiter, maxKeys, after });
    const contents = page.keys.flatMap((key) => {
      const object = bucket.objects.get(key);
      return object
        ? [
            {
              Key: encode(key),
              Size: object.blob.bytes,
              ETag: object.etag,
              LastModified: object.modified,
              StorageClass: 'STANDARD' as const,
            },
          ]
        : [];
    });
    return {
      Name: bucket.name,
      Prefix: encode(prefix),
      ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
      MaxKeys: maxKeys,
      KeyCount: page.keys.length + page.prefixes.length,
      IsTruncated: page.next !== undefined,
      ...(input.EncodingType ? { EncodingType: input.EncodingType } : {}),
      ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
      ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
      ...(page.next === undefined ? {} : { NextContinuationToken: encodeToken(page.next) }),
      Contents: contents,
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    };
  };

  return {
    CreateBucket: createBucket,
    HeadBucket: headBucket,
    DeleteBucket: deleteBucket,
    ListBuckets: listBuckets,
    GetBucketLocation: getBucketLocation,
    ListObjectsV2: listObjects,
  };
}

const encodeKey = (key: string): string => key.split('/').map(encodeURIComponent).join('/');
