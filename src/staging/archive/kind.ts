import { ActionError } from '../../action-error.ts';
import type { RemoteFile } from '../download/remote-file.ts';

export type ArchiveKind = 'zip' | 'tar' | 'tar.gz';

/** The kind of an archive by its first bytes: names and content types are often wrong. */
export function findArchiveKind(head: Buffer): ArchiveKind | undefined {
  if (head.length >= 4 && [0x04034b50, 0x06054b50].includes(head.readUInt32LE(0))) return 'zip';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'tar.gz';
  return head.subarray(257, 262).toString('latin1') === 'ustar' ? 'tar' : undefined;
}

export function getArchiveKind({ head, shown, contentType }: RemoteFile): ArchiveKind {
  const kind = findArchiveKind(head);
  if (kind) return kind;
  const type = contentType === '' ? '' : ` The server calls it ${JSON.stringify(contentType.slice(0, 80))}.`;
  throw new ActionError({
    kind: 'input',
    message: `${shown} is no zip, tar or tar.gz archive: it begins with ${JSON.stringify(head.subarray(0, 24).toString('latin1'))}.${type}`,
    fix: 'Name the address of the archive itself; a page to download it from, or one to log in, is not enough.',
  });
}
