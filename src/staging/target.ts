import { ActionError } from '../action-error.ts';

/** Where data is staged to. */
export interface Target {
  readonly bucket: string;
  /** s3:// prefix with a slash at its end, so that `dog-images` never means `dog-images-2`. */
  readonly uri: string;
  /** Beside the data and not in it: a training job reads everything below `uri`. */
  readonly manifestUri: string;
}

/** @throws ActionError for a prefix that staging must not touch */
export function parseTarget(to: string): Target {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(to) ?? [];
  const refuse = (message: string, fix: string) => {
    throw new ActionError({ kind: 'input', message: `The target ${JSON.stringify(to)} ${message}.`, fix });
  };
  const key = rest.replace(/\/+$/, '');
  if (bucket === '') refuse('is not an s3:// prefix', 'Write it as s3://bucket/prefix.');
  if (key === '') refuse('is the whole bucket', `Write a prefix in it, e.g. s3://${bucket}/data/images.`);
  if (key === 'trainyard' || key.startsWith('trainyard/'))
    refuse(
      'lies where Trainyard keeps records and models',
      `Write a prefix outside of trainyard/, e.g. s3://${bucket}/data/images.`,
    );
  if (key.split('/').some((part) => ['', '.', '..'].includes(part)))
    refuse('has an empty part, . or .. in its path', 'Write plain names between single slashes.');
  return { bucket, uri: `s3://${bucket}/${key}/`, manifestUri: `s3://${bucket}/${key}.manifest.json` };
}
