import { ActionError } from '../action-error.ts';

/** Splits s3://bucket/key; the key may be empty. */
export function parseS3Uri(uri: string): { bucket: string; key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri) ?? [];
  if (bucket === undefined) {
    throw new ActionError({ kind: 'input', message: `"${uri}" is not an S3 address.`, fix: 'Write it as s3://bucket/key.' });
  }
  return { bucket, key };
}
