import { AwsError } from '../../contract.ts';

/** EC2's codes have no shapes; 400 is the status of most. */
export const refuse = (code: string, message: string, status = 400) => new AwsError(code, message, { status });

/** Ids are of one form; EC2 tells a wrong form from a missing resource. */
export function checkId(id: string, prefix: string, code: string): void {
  if (!new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id))
    throw refuse(`${code}.Malformed`, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}

export function refuseDryRun(dryRun: boolean | undefined): void {
  if (dryRun === true) throw refuse('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}
