/** Node's code of a failed system call, e.g. `ENOENT`. */
export function findErrorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
