import type { CompletedPart, CompleteMultipartUploadOutput } from '@aws-sdk/client-s3';
import { AwsError } from '../../contract.ts';
import { createChecksum } from '../../wire/checksum.ts';
import type { Blob } from './blobs.ts';
import { fromMembers } from './checksums.ts';
import type { ObjectAttributes } from './store.ts';

const minPartBytes = 5 * 1024 * 1024;

export interface Part {
  readonly number: number;
  readonly blob: Blob;
  readonly etag: string;
  readonly modified: Date;
  readonly checksums: Readonly<Record<string, string>>;
}

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: Date;
  readonly attributes: ObjectAttributes;
  readonly tagging: string | undefined;
  readonly checksumHeader: string | undefined;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  readonly parts: Map<number, Part>;
  /** Kept: a client whose answer got lost asks again and is to hear the same. */
  completed?: CompleteMultipartUploadOutput;
}

/** The parts a client lists, checked: in order, uploaded as it says, large enough. */
export function pickParts(upload: Upload, asked: readonly CompletedPart[]): Part[] {
  if (asked.length === 0)
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
      { status: 400 },
    );
  const numbers = asked.map(({ PartNumber }) => PartNumber ?? 0);
  if (numbers.some((number, n) => n > 0 && number <= (numbers[n - 1] ?? 0))) {
    throw new AwsError(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
      { status: 400 },
    );
  }
  const parts = asked.map(({ PartNumber, ETag, ...checksums }) => {
    const part = upload.parts.get(PartNumber ?? 0);
    const promised = Object.entries(fromMembers(checksums));
    const same =
      part &&
      part.etag.replaceAll('"', '') === ETag?.replaceAll('"', '') &&
      promised.every(([header, value]) => (part.checksums[header] ?? value) === value);
    if (!part || !same) {
      const message =
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
      throw new AwsError('InvalidPart', message, { status: 400, members: { PartNumber } });
    }
    return part;
  });
  const small = parts.slice(0, -1).find((part) => part.blob.bytes < minPartBytes);
  if (small) {
    const members = { ProposedSize: small.blob.bytes, MinSizeAllowed: minPartBytes, PartNumber: small.number };
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      status: 400,
      members,
    });
  }
  return parts;
}

/** Of the whole object, or (composite) of its parts' checksums, with their number behind it. */
export function checksumOf(header: string, whole: Buffer | undefined, parts: readonly Part[]): Record<string, string> {
  if (whole) return { [header]: whole.toString('base64') };
  const running = createChecksum(header);
  const ofParts = parts.map((part) => part.checksums[header]);
  if (!running || ofParts.includes(undefined)) return {};
  for (const checksum of ofParts) running.update(Buffer.from(checksum ?? '', 'base64'));
  return { [header]: `${running.digest().toString('base64')}-${parts.length}` };
}

export function checkWholeChecksum(promised: Record<string, string>, computed: Record<string, string>): void {
  const wrong = Object.entries(promised).find(
    ([header, value]) => computed[header] !== undefined && computed[header]?.split('-')[0] !== value.split('-')[0],
  );
  if (wrong) throw new AwsError('BadDigest', `The ${wrong[0]} you specified did not match what we received.`, { status: 400 });
}
