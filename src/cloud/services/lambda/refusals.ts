import { AwsError } from '../../contract.ts';

// AWS's own words where they are known: clients look for them.

export const refuseMissing = (arn: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { members: { Type: 'User' } });

export const refuseMissingAlias = (arn: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Cannot find alias arn: ${arn}`, { members: { Type: 'User' } });

export const refuseValue = (message: string): AwsError =>
  new AwsError('InvalidParameterValueException', message, { members: { Type: 'User' } });

export const refuseConflict = (message: string): AwsError =>
  new AwsError('ResourceConflictException', message, { members: { Type: 'User' } });

export const refuseRevision = (api: 'GetAlias' | 'GetFunction/GetAlias'): AwsError =>
  new AwsError(
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${api} API to retrieve the latest Revision Id`,
    { members: { Type: 'User' } },
  );

/** @param reason one of the SDK's ThrottleReason */
export const refuseThrottled = (
  reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded',
): AwsError => new AwsError('TooManyRequestsException', 'Rate Exceeded.', { members: { Reason: reason, Type: 'User' } });
