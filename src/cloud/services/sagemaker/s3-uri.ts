export interface S3Uri {
  readonly bucket: string;
  /** Without a leading slash; may be empty. */
  readonly key: string;
}

/** `s3://bucket/key`. @throws TypeError for anything else */
export function parseS3Uri(uri: string): S3Uri {
  const found = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri);
  if (!found?.[1]) throw new TypeError(`${uri} is not an S3 URI.`);
  return { bucket: found[1], key: found[2] ?? '' };
}

/** A key below a prefix, with one slash between. */
export function joinKey(prefix: string, ...parts: string[]): string {
  return [prefix.replace(/\/+$/, ''), ...parts].filter((part) => part !== '').join('/');
}
