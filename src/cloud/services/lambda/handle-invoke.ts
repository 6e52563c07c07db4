import type * as lambda from '@aws-sdk/client-lambda';
import { AwsError, type Call } from '../../contract.ts';
import { sumSetAside } from './handle-concurrency.ts';
import { checkIdle } from './function-table.ts';
import type { LambdaDeps } from './deps.ts';
import { type Deployment, type Fn, latestVersion } from './functions.ts';
import type { InvocationMetrics } from './invocation-metrics.ts';
import { refuseConflict, refuseThrottled, refuseValue } from './refusals.ts';
import { runCall } from './run-call.ts';

/** Of a synchronous call. */
const mostPayloadBytes = 6_291_456;

export function createInvokeHandler(deps: LambdaDeps, metrics: InvocationMetrics) {
  const { table, cloud } = deps;

  return async (input: lambda.InvocationRequest, call: Call): Promise<lambda.InvocationResponse> => {
    const target = table.get(input.FunctionName, input.Qualifier);
    // From here on the call belongs to this version, wherever the alias goes meanwhile.
    const deployment = table.resolve(target);
    checkCallable(deps, target.fn, deployment);
    const payload = readPayload(input);
    if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
    if (input.InvocationType === 'Event')
      throw refuseValue('The local cloud executes synchronous calls only: use RequestResponse.');
    const { fn, qualifier } = target;
    const subject = { functionName: fn.name, qualifier, version: deployment.version };
    const leave = enter(deps, fn, () => metrics.throttled(subject));
    const concurrent = table.all().reduce((sum, other) => sum + other.running, 0);
    try {
      const functionArn = qualifier === undefined ? fn.arn : `${fn.arn}:${qualifier}`;
      const outcome = await runCall(deployment, { requestId: call.requestId, payload, functionArn }, cloud.clock);
      metrics.called(subject, { milliseconds: outcome.milliseconds, failed: outcome.failed, concurrent });
      return {
        StatusCode: 200,
        Payload: outcome.payload,
        ExecutedVersion: deployment.version,
        ...(outcome.failed ? { FunctionError: 'Unhandled' } : {}),
        ...(input.LogType === 'Tail' ? { LogResult: outcome.tail.toString('base64') } : {}),
      };
    } finally {
      leave();
    }
  };
}

function checkCallable({ cloud }: LambdaDeps, fn: Fn, deployment: Deployment): void {
  // While $LATEST is updated the code before goes on serving; a function or version that is only being made serves nothing.
  if (deployment.activeFrom <= cloud.clock.now()) return;
  if (deployment.version === latestVersion) return checkIdle(fn, cloud.clock);
  throw refuseConflict(
    'The operation cannot be performed at this time. The function is currently in the following state: Pending',
  );
}

function readPayload({ Payload = new Uint8Array() }: lambda.InvocationRequest): Uint8Array {
  if (Payload.byteLength > mostPayloadBytes)
    throw new AwsError(
      'RequestTooLargeException',
      `${Payload.byteLength} byte payload is too large for the RequestResponse invocation type (limit ${mostPayloadBytes} bytes)`,
      { members: { Type: 'User' } },
    );
  if (Payload.byteLength === 0) return Buffer.from('{}');
  try {
    JSON.parse(Buffer.from(Payload).toString());
    return Payload;
  } catch (error) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${String(error)}`, {
      members: { Type: 'User' },
    });
  }
}

/** Takes one of the concurrent calls the function may have. @returns what gives it back @throws TooManyRequestsException */
function enter({ table, accountLimit }: LambdaDeps, fn: Fn, onThrottle: () => void): () => void {
  const all = table.all();
  const shared = all.filter((other) => other.reserved === undefined);
  const full =
    fn.reserved === undefined
      ? shared.reduce((sum, other) => sum + other.running, 0) >=
        accountLimit - sumSetAside(all.filter((other) => !shared.includes(other)))
      : fn.running >= fn.reserved;
  if (full) {
    onThrottle();
    throw refuseThrottled(
      fn.reserved === undefined ? 'ConcurrentInvocationLimitExceeded' : 'ReservedFunctionConcurrentInvocationLimitExceeded',
    );
  }
  fn.running += 1;
  return () => void (fn.running -= 1);
}
