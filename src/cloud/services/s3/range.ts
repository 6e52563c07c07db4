import { AwsError } from '../../contract.ts';

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header against an object's size. Undefined when the whole object is to be sent: no header, more than one range, or one
 * that is not understood (S3 ignores those). Throws InvalidRange when no byte of the object is in it.
 */
export function parseRange(header: string | undefined, bytes: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (start >= bytes) {
    const members = { RangeRequested: header, ActualObjectSize: bytes };
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', { status: 416, members });
  }
  return { start, end };
}
