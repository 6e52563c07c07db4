import { notModified, preconditionFailed } from './errors.ts';
import type { StoredObject } from './store.ts';

type Existing = Pick<StoredObject, 'etag' | 'modified'>;

export interface WriteConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

export interface ReadConditions extends WriteConditions {
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

const unquote = (etag: string) => etag.trim().replaceAll(/^(W\/)?"?|"$/g, '');
const names = (header: string, object: Existing) =>
  header.trim() === '*' || header.split(',').some((etag) => unquote(etag) === unquote(object.etag));

/** Throws PreconditionFailed when a write must not replace what is there (or must replace something and there is nothing). */
export function checkWrite(conditions: WriteConditions, existing: Existing | undefined): void {
  if (conditions.IfNoneMatch !== undefined && existing && names(conditions.IfNoneMatch, existing))
    throw preconditionFailed('If-None-Match');
  if (conditions.IfMatch !== undefined && !(existing && names(conditions.IfMatch, existing)))
    throw preconditionFailed('If-Match');
}

/** Throws PreconditionFailed or NotModified, in the order of RFC 9110. */
export function checkRead(conditions: ReadConditions, object: Existing): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  // Dates in headers have whole seconds.
  const modified = Math.floor(object.modified.getTime() / 1000) * 1000;
  if (IfMatch !== undefined && !names(IfMatch, object)) throw preconditionFailed('If-Match');
  if (IfMatch === undefined && IfUnmodifiedSince && modified > IfUnmodifiedSince.getTime())
    throw preconditionFailed('If-Unmodified-Since');
  if (IfNoneMatch !== undefined && names(IfNoneMatch, object)) throw notModified();
  if (IfNoneMatch === undefined && IfModifiedSince && modified <= IfModifiedSince.getTime()) throw notModified();
}
