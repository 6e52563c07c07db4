import { AwsError } from '../contract.ts';
import { modelOf } from './model.ts';
import type { ReadInput, Route, WireRequest } from './protocol.ts';
import { refuseExpired, refuseToken, refuseUnknown, refuseUnsigned } from './refusals.ts';
import { accessKeyOf } from './route.ts';
import { validate, type Violation } from './validate.ts';

/** Who a key belongs to; `expired` and `wrong token` for keys the cloud minted itself. */
export type Identify = (accessKeyId: string, sessionToken: string | undefined) => { arn: string } | 'expired' | 'wrong token';

/** Operations that are called to become somebody. */
const anonymous = new Set(['AssumeRoleWithWebIdentity']);

/** ARN of the caller, or why there is none. */
export function identifyCaller(identify: Identify, { service, operationName }: Route, request: WireRequest): string | AwsError {
  if (anonymous.has(operationName)) return 'anonymous';
  const accessKeyId = accessKeyOf(request);
  if (accessKeyId === undefined) return refuseUnsigned(service);
  const token = request.headers['x-amz-security-token'] ?? request.query.get('X-Amz-Security-Token') ?? undefined;
  const identity = identify(accessKeyId, token);
  if (identity === 'expired') return refuseExpired(service);
  return identity === 'wrong token' ? refuseToken(service) : identity.arn;
}

/** The input, or why it cannot be read. */
export async function readInput(route: Route, request: WireRequest): Promise<ReadInput | AwsError> {
  if (!route.operation) return refuseUnknown(route.service, route.operationName);
  try {
    return await route.protocol.read(route.operation, request);
  } catch (error) {
    return error instanceof AwsError
      ? error
      : new AwsError(
          'SerializationException',
          `The request cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        );
  }
}

/** What of the input the model does not allow. */
export function findViolations({ service, operation, operationName }: Route, read: ReadInput): Violation[] {
  if (!operation) return [];
  const unknown = (read.unknown ?? []).map((name): Violation => ({ kind: 'unknown', text: `Unknown parameter '${name}'` }));
  return [...validate(modelOf(service.name), operationName, read.raw ?? read.input), ...unknown];
}
