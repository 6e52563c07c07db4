import type { ErrorKind } from '../action-error.ts';
import type { Doing } from './errors.ts';

/** A failed call, read. */
export interface Failure {
  /** AWS's error code; undefined when no AWS answered. */
  readonly code: string | undefined;
  readonly text: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly attempts: number;
  /** The operating system's code, e.g. ECONNREFUSED. */
  readonly system: string | undefined;
  readonly name: string;
}

interface Told {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly fix: string;
}
type Explain = (failure: Failure, doing: Doing) => Told | undefined;

const expired = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']);
const wrongKeys = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'AuthFailure',
]);
const denied = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Forbidden', 'NotAuthorized', '403']);
const throttled = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'SlowDown',
]);

const noCredentials: Explain = ({ name, text }) =>
  name === 'CredentialsProviderError'
    ? {
        kind: 'configuration',
        message: `There are no AWS credentials: ${text}`,
        fix: 'Set `role-to-assume` to the ARN of a CI role of infra/bootstrap.yml and give the job `permissions: { id-token: write }`.',
      }
    : undefined;

const credentialsExpired: Explain = ({ code }, { action, resource }) =>
  code !== undefined && expired.has(code)
    ? {
        kind: 'permission',
        message: `The AWS credentials expired before ${action} on ${resource} (${code}).`,
        fix: 'Set `role-to-assume` on this step instead of credentials from an earlier one: they are then renewed while it waits.',
      }
    : undefined;

const credentialsWrong: Explain = ({ code, text }) =>
  code !== undefined && wrongKeys.has(code)
    ? {
        kind: 'configuration',
        message: `AWS does not know these credentials: ${code}: ${text}`,
        fix: 'Replace the access key by `role-to-assume` (infra/bootstrap.yml makes the roles), or correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
      }
    : undefined;

const refusal = /User: (\S+) is not authorized to perform: ([\w:-]+)(?: on resource: (\S+))?/;

const accessDenied: Explain = ({ code, text, status }, { action, resource }) => {
  if (!((code !== undefined && denied.has(code)) || (code !== undefined && status === 403 && !throttled.has(code))))
    return undefined;
  const [, who, what = action, on] = refusal.exec(text) ?? [];
  const where = on === undefined || on === '*' ? resource : `${resource} (${on})`;
  const explicit = /explicit deny/.test(text) ? ' A policy denies it explicitly.' : '';
  const passes = what === 'iam:PassRole';
  return {
    kind: 'permission',
    message: `${who ?? 'The role of this step'} may not do ${what} on ${where}.${explicit}${who === undefined ? ` AWS says: ${text}` : ''}`,
    fix: passes
      ? `Name the execution role of this trust zone as \`${findExecutionRole(action).key}\` of trainyard.yml (outputs of infra/bootstrap.yml), which the CI role may pass; update the stack if it is older than this release.`
      : `Allow ${what} to the CI role, as infra/bootstrap.yml does; update that stack if it is older than this release, and check that the step uses the role of its trust zone and the bucket of parameter BucketName.`,
  };
};

/** The sentence of STS, which names neither who asked nor what for; credentials of a variable or an earlier step end up here. */
const identityRefused: Explain = ({ text }, { resource }) =>
  /not authorized to perform:? sts:AssumeRoleWithWebIdentity/i.test(text)
    ? {
        kind: 'permission',
        message: `The role that GitHub's OIDC token was to be exchanged for does not let this job assume it, or does not exist (asked for ${resource}).`,
        fix: 'Use the role of this trust zone: PullRequestRole on pull_request, MainRole on a push to the default branch (outputs of infra/bootstrap.yml). A job that names a GitHub environment has another `sub`, and repositories made or renamed since 2026-07-15 have numbers in it: the stack needs GitHubOwnerId and GitHubRepositoryId.',
      }
    : undefined;

const noBucket: Explain = ({ code }, { resource }) =>
  code === 'NoSuchBucket'
    ? {
        kind: 'configuration',
        message: `Cannot reach ${resource}: there is no such bucket.`,
        fix: 'Correct `bucket` in trainyard.yml, or deploy infra/bootstrap.yml with that BucketName.',
      }
    : undefined;

const otherRegion: Explain = ({ code, status }, { resource }) =>
  code === 'PermanentRedirect' ||
  code === 'IllegalLocationConstraintException' ||
  code === 'AuthorizationHeaderMalformed' ||
  status === 301
    ? {
        kind: 'configuration',
        message: `Cannot reach ${resource}: its bucket is in another region than this step.`,
        fix: 'Set `region` of trainyard.yml to the region of the bucket: training data and bucket must be in one region.',
      }
    : undefined;

/** The key of the spec that names the execution role of what is made, and the service that assumes it. */
function findExecutionRole(action: string): { key: string; service: string } {
  if (action.startsWith('ec2:')) return { key: 'roles.ec2', service: 'ec2.amazonaws.com' };
  if (action.startsWith('lambda:')) return { key: 'roles.lambda', service: 'lambda.amazonaws.com' };
  const serves = /^sagemaker:(?:Create|Update)(?:Model|Endpoint)/.test(action);
  return { key: serves ? 'roles.serving' : 'roles.training', service: 'sagemaker.amazonaws.com' };
}

const roleNotAssumable: Explain = ({ text }, { action, resource }) => {
  if (!/could not assume role|cannot be assumed|unable to assume role/i.test(text)) return undefined;
  const role = /arn:aws[\w-]*:iam::\d+:role\/[\w+=,.@/-]+/.exec(text)?.[0]?.replace(/\.$/, '');
  const { key, service } = findExecutionRole(action);
  return {
    kind: 'permission',
    message: `The service could not assume ${role ?? 'the execution role'} for ${resource}.`,
    fix: `Set \`${key}\` as the outputs of infra/bootstrap.yml say. The role must exist in this account and trust ${service}; a role made seconds ago may need a minute.`,
  };
};

const quota: Explain = ({ code, text }) => {
  if (code !== 'ResourceLimitExceeded' && code !== 'VcpuLimitExceeded' && code !== 'LimitExceededException') return undefined;
  const [, name, limit, used, asked] =
    /service limit '([^']+)' is (\d+)\b[^,]*, with current utilization of (\d+)\b.*?(?:request delta of (\d+)|$)/.exec(text) ??
    [];
  if (name === undefined) {
    const elsewhere = /not available in this region/i.test(text);
    return elsewhere
      ? { kind: 'capacity', message: text, fix: 'Name another instance type, or another region.' }
      : {
          kind: 'quota',
          message: `A quota of this AWS account is reached: ${text}`,
          fix: 'Ask for more in Service Quotas, or use less.',
        };
  }
  const other = name.endsWith('for endpoint usage')
    ? 'choose another serve.instance-type; a candidate needs its machines beside those that are live.'
    : 'name a second instance type in the list: the next one is then tried.';
  return {
    kind: 'quota',
    message: `The quota "${name}" of this AWS account is ${limit}; ${used} in use, ${asked ?? 'more'} asked for.`,
    fix: `Ask for more: Service Quotas → Amazon SageMaker → "${name}" (new accounts have 0 for most types). Or ${other}`,
  };
};

const capacity: Explain = ({ code, text }) =>
  code === 'InsufficientInstanceCapacity' || code === 'InsufficientCapacityException' || text.startsWith('CapacityError')
    ? {
        kind: 'capacity',
        message: `AWS has no such machine free now: ${text}`,
        fix: 'Name further instance types in the list (they are tried in order), or re-run later.',
      }
    : undefined;

const throttledOut: Explain = ({ code, attempts }, { action, resource }) =>
  code !== undefined && throttled.has(code)
    ? {
        kind: 'aws',
        message: `AWS refused ${action} on ${resource} ${attempts} times because this account calls too often (${code}).`,
        fix: 'Re-run this job; run fewer workflows at once, or ask for a higher API rate in Service Quotas.',
      }
    : undefined;

/** A body that is no AWS answer (an HTML page of a proxy), a connection that failed, a time-out. */
const noAnswer: Explain = ({ code, name, text, status, system }, { action, resource }) => {
  const unparsed =
    name === 'SyntaxError' || /deserialization error|is not valid JSON|XML parse error|Unexpected token/i.test(text);
  const cut = code === undefined && (system !== undefined || /Timeout|ECONN|socket hang up/i.test(`${name} ${text}`));
  if (!unparsed && !cut) return undefined;
  const seen = unparsed
    ? `the answer${status === undefined ? '' : ` (HTTP ${status})`} is not one of AWS`
    : `${system ?? name}: ${text}`;
  return {
    kind: 'aws',
    message: `${action} on ${resource} got no answer from AWS: ${seen}.`,
    fix: 'Re-run this job. If it stays so, check the region, AWS_ENDPOINT_URL and any proxy of the runner.',
  };
};

const illegalValue: Explain = ({ code, text }, { action, resource }) => {
  if (code !== 'ValidationException' && code !== 'ValidationError' && code !== 'InvalidParameterValue') return undefined;
  const [, value, member] = /Value '([^']*)' at '([^']+)' failed to satisfy constraint/.exec(text) ?? [];
  const said =
    member === undefined
      ? text
      : `${member} is "${value}", which AWS does not allow: ${text.replace(/^.*constraint: /, '').slice(0, 160)}`;
  return {
    kind: 'input',
    message: `AWS refused ${action} for ${resource}: ${said}`,
    fix: /instanceType/i.test(member ?? '')
      ? 'Correct `instance-type` in trainyard.yml: an `ml.` type that SageMaker trains on in this region.'
      : 'Correct that value in trainyard.yml (or under `request`), and run again.',
  };
};

/** In this order; the first that knows the failure tells it. */
export const explanations: readonly Explain[] = [
  identityRefused,
  noCredentials,
  credentialsExpired,
  credentialsWrong,
  noBucket,
  otherRegion,
  roleNotAssumable,
  noAnswer,
  accessDenied,
  throttledOut,
  quota,
  capacity,
  illegalValue,
];
