/** The members that carry checksums in S3's shapes, and their headers. */
const members = {
  ChecksumCRC32: 'x-amz-checksum-crc32',
  ChecksumCRC32C: 'x-amz-checksum-crc32c',
  ChecksumCRC64NVME: 'x-amz-checksum-crc64nvme',
  ChecksumSHA1: 'x-amz-checksum-sha1',
  ChecksumSHA256: 'x-amz-checksum-sha256',
} as const;

export type ChecksumMembers = { [Member in keyof typeof members]?: string };

export const headerOfAlgorithm = (algorithm: string): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** Checksums by header as members of an answer. */
export function toMembers(checksums: Readonly<Record<string, string>>): ChecksumMembers {
  const entries = Object.entries(members).flatMap(([member, header]) =>
    checksums[header] === undefined ? [] : [[member, checksums[header]]],
  );
  return Object.fromEntries(entries) as ChecksumMembers;
}

/** Members of a request as checksums by header. */
export function fromMembers(input: { readonly [Member in keyof typeof members]?: string | undefined }): Record<string, string> {
  const entries = Object.entries(members) as [keyof typeof members, string][];
  return Object.fromEntries(
    entries.flatMap(([member, header]) => (input[member] === undefined ? [] : [[header, input[member]]])),
  );
}
