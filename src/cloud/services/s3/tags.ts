import type { GetObjectTaggingOutput, GetObjectTaggingRequest, PutObjectTaggingRequest } from '@aws-sdk/client-s3';
import type { Handler } from '../../contract.ts';
import type { Store, StoredObject } from './store.ts';

/** The `x-amz-tagging` header: a query string. */
export function parseTagging(header: string | undefined): StoredObject['tags'] {
  return [...new URLSearchParams(header ?? '')].map(([Key, Value]) => ({ Key, Value }));
}

export function tagHandlers(store: Store) {
  const replace = (bucket: string, key: string, tags: StoredObject['tags']) => {
    const object = store.getObject(bucket, key);
    // Tags are not part of the object: its date does not change.
    store.getBucket(bucket).objects.set(key, { ...object, tags });
  };
  const getTags: Handler<GetObjectTaggingRequest, GetObjectTaggingOutput> = ({ Bucket = '', Key = '' }) => ({
    TagSet: [...store.getObject(Bucket, Key).tags],
  });
  const putTags: Handler<PutObjectTaggingRequest, object> = ({ Bucket = '', Key = '', Tagging }) => {
    replace(
      Bucket,
      Key,
      (Tagging?.TagSet ?? []).map((tag) => ({ Key: tag.Key ?? '', Value: tag.Value ?? '' })),
    );
    return {};
  };
  const deleteTags: Handler<GetObjectTaggingRequest, object> = ({ Bucket = '', Key = '' }) => {
    replace(Bucket, Key, []);
    return {};
  };
  return { GetObjectTagging: getTags, PutObjectTagging: putTags, DeleteObjectTagging: deleteTags };
}
