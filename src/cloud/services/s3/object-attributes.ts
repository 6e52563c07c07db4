import type { PutObjectOutput } from '@aws-sdk/client-s3';
import { AwsError } from '../../contract.ts';
import type { ObjectAttributes, StoredObject } from './store.ts';

const maxKeyBytes = 1024;

export function checkKey(key = ''): string {
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw new AwsError('KeyTooLongError', 'Your key is too long', { status: 400, members: { MaxSizeAllowed: maxKeyBytes } });
  return key;
}

/** What of a request is kept with the object. */
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
