import { z } from 'zod';
import { repositoryPath, s3UriPattern } from './fields.ts';
import type { DataSource } from './spec.ts';

/** What may be written as a source of data, in the spec and as an input. */
export const sourceText = z
  .string({ error: 'an https:// address, an s3:// prefix or a folder of the repository' })
  .refine(
    (from) =>
      from.includes('://')
        ? /^https:\/\/[^\s/@]+(?:\/\S*)?$/.test(from) || s3UriPattern.test(from)
        : repositoryPath.safeParse(from).success,
    {
      error:
        'an https:// address without user and password, an s3:// prefix with a legal bucket name, or a folder inside the repository',
    },
  );

/** @param from a text that `sourceText` takes */
export function readSource(from: string): DataSource {
  if (from.startsWith('https://')) return { kind: 'https', url: from };
  return from.startsWith('s3://')
    ? { kind: 's3', uri: from }
    : { kind: 'folder', path: from.replace(/^(?:\.\/)+(?=.)/, '').replace(/\/+$/, '') };
}
