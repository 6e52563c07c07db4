import { AwsError } from '../contract.ts';
import { isQuery, type WireService } from './operation.ts';
import type { Violation } from './validate.ts';

/** The same refusal has another code in every protocol and some services. */
const validationCodes: Readonly<Record<string, string>> = {
  'cloudwatch-logs': 'InvalidParameterException',
  cloudwatch: 'ValidationError',
  iam: 'ValidationError',
  ec2: 'InvalidParameterValue',
  pricing: 'InvalidParameterException',
  s3: 'InvalidArgument',
  'sagemaker-runtime': 'ValidationError',
  sts: 'ValidationError',
};

export function refuseIllegal(service: WireService, violations: readonly Violation[]): AwsError {
  const wrongTypes = violations.filter(({ kind }) => kind === 'type');
  if (wrongTypes.length > 0) return new AwsError('SerializationException', wrongTypes.map(({ text }) => text).join('; '));
  // A parameter of S3 is another operation (`?acl`) or changes what this one means.
  const unknown = violations.filter(({ kind }) => kind === 'unknown');
  if (service.name === 's3' && unknown.length > 0) {
    const message = `The local cloud does not know this of S3: ${unknown.map(({ text }) => text).join('; ')}`;
    return new AwsError('NotImplemented', message, { status: 501 });
  }
  if (service.name === 'ec2') return refuseIllegalOfEc2(violations);
  const [count, noun] = [violations.length, violations.length === 1 ? 'error' : 'errors'];
  const message = `${count} validation ${noun} detected: ${violations.map(({ text }) => text).join('; ')}`;
  return new AwsError(validationCodes[service.name] ?? 'ValidationException', message, { status: 400 });
}

/** EC2 has a code for each kind, and does not list what an enum allows. */
function refuseIllegalOfEc2(violations: readonly Violation[]): AwsError {
  const [first] = violations;
  const [, value = '', path = ''] = /^Value (.*?) at '([^']*)'/s.exec(first?.text ?? '') ?? [];
  const name = path.charAt(0).toUpperCase() + path.slice(1);
  if (first?.kind === 'unknown') return new AwsError('UnknownParameter', `${first.text} is not recognized`, { status: 400 });
  if (value === 'null')
    return new AwsError('MissingParameter', `The request must contain the parameter ${name}`, { status: 400 });
  return new AwsError('InvalidParameterValue', `Invalid value ${value} for ${name}.`, { status: 400 });
}

/** A throttle that the SDKs know as one and try again. */
export function refuseThrottled(service: WireService): AwsError {
  if (service.name === 's3') return new AwsError('SlowDown', 'Please reduce your request rate.', { status: 503 });
  if (service.name === 'lambda') {
    const members = { Reason: 'CallerRateLimitExceeded' };
    return new AwsError('TooManyRequestsException', 'Rate exceeded', { status: 429, members });
  }
  if (service.name === 'ec2') return new AwsError('RequestLimitExceeded', 'Request limit exceeded.', { status: 503 });
  const code = isQuery(service) ? 'Throttling' : 'ThrottlingException';
  return new AwsError(code, 'Rate exceeded', { status: 400 });
}

export function refuseExpired(service: WireService): AwsError {
  if (service.name === 's3') return new AwsError('ExpiredToken', 'The provided token has expired.', { status: 400 });
  if (service.name === 'ec2') return new AwsError('RequestExpired', 'Request has expired.', { status: 400 });
  const code = isQuery(service) ? 'ExpiredToken' : 'ExpiredTokenException';
  return new AwsError(code, 'The security token included in the request is expired', { status: 403 });
}

/** @param why what IAM says of it */
export function refuseDenied(service: WireService, why: string): AwsError {
  if (service.name === 'ec2') {
    const message = `You are not authorized to perform this operation. ${why}`;
    return new AwsError('UnauthorizedOperation', message, { status: 403 });
  }
  const named = service.name === 's3' || isQuery(service);
  // Of the services in JSON, those in REST answer 403; the others have no other status than 400.
  const status = named || service.metadata.targetPrefix === undefined ? 403 : 400;
  return new AwsError(named ? 'AccessDenied' : 'AccessDeniedException', why, { status });
}

export function refuseUnsigned(service: WireService): AwsError {
  if (service.name === 's3') return new AwsError('AccessDenied', 'Access Denied', { status: 403 });
  const code = isQuery(service) ? 'MissingAuthenticationToken' : 'MissingAuthenticationTokenException';
  return new AwsError(code, 'Missing Authentication Token', { status: 403 });
}

export function refuseToken(service: WireService): AwsError {
  if (service.name === 's3')
    return new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', { status: 400 });
  if (service.name === 'ec2')
    return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', { status: 401 });
  const code = isQuery(service) ? 'InvalidClientTokenId' : 'UnrecognizedClientException';
  return new AwsError(code, 'The security token included in the request is invalid.', { status: 403 });
}

export function refuseUnknown(service: WireService, operation: string): AwsError {
  if (service.metadata.targetPrefix === undefined && !isQuery(service)) {
    return new AwsError('NotImplemented', `The local cloud has no ${operation} of ${service.name}.`, { status: 501 });
  }
  const code = isQuery(service) ? 'InvalidAction' : 'UnknownOperationException';
  return new AwsError(code, `The local cloud has no operation ${operation} of ${service.name}.`, { status: 400 });
}
