const pattern = /^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** What S3 allows: 3–63 lower-case letters, digits, dots and hyphens, not like an IP address. */
export const isBucketName = (name: string): boolean => pattern.test(name) && !name.includes('..');
