import { AwsError } from '../../contract.ts';

/** A request names a group by its name or by an ARN or name in the identifier member, never both. @throws InvalidParameterException */
export function getGroupName(input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }): string {
  if ((input.logGroupName === undefined) === (input.logGroupIdentifier === undefined)) {
    throw new AwsError('InvalidParameterException', 'Exactly one of logGroupName and logGroupIdentifier must be specified.');
  }
  return (
    input.logGroupName ?? (input.logGroupIdentifier ?? '').replace(/^arn:aws:logs:[^:]*:\d*:log-group:/, '').replace(/:\*$/, '')
  );
}
