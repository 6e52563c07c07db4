/** The members that carry checksums in S3's shapes, and their headers. */
const members = [
  ['ChecksumCRC32', 'x-amz-checksum-crc32'],
  ['ChecksumCRC32C', 'x-amz-checksum-crc32c'],
  ['ChecksumCRC64NVME', 'x-amz-checksum-crc64nvme'],
  ['ChecksumSHA1', 'x-amz-checksum-sha1'],
  ['ChecksumSHA256', 'x-amz-checksum-sha256'],
] as const;

type Member = (typeof members)[number][0];

export const headerOfAlgorithm = (algorithm: string): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** Checksums by header as members of an answer. */
export function toMembers(checksums: Readonly<Record<string, string>>): Partial<Record<Member, string>> {
  const result: Partial<Record<Member, string>> = {};
  for (const [member, header] of members) {
    const value = checksums[header];
    if (value !== undefined) result[member] = value;
  }
  return result;
}

/** Members of a request as checksums by header. */
export function fromMembers(input: { readonly [Name in Member]?: string | undefined }): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [member, header] of members) {
    const value = input[member];
    if (value !== undefined) result[header] = value;
  }
  return result;
}
