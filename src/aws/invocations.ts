import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { ActionError } from '../action-error.ts';
import type { Invocation, Invocations } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call, findCode, isNotFound } from './errors.ts';

/** A function runs for 15 minutes at most. */
const longestCallMs = 15 * 60_000 + 10_000;

/** Calls of a Lambda function. A refusal is an ActionError; a handler that failed is an answer. */
export function createInvocations(clients: Clients): Invocations {
  // Sent once: a retry that nobody sees would hide throttles and falsify the time.
  const lambda = clients.of(LambdaClient, { maxAttempts: 1, socketTimeoutMs: longestCallMs });

  async function send(name: string, qualifier: string, payload: string): Promise<Invocation> {
    const input = { FunctionName: name, Qualifier: qualifier, Payload: Buffer.from(payload), LogType: 'Tail' } as const;
    const started = performance.now();
    const answer = await lambda.send(new InvokeCommand(input));
    return readInvocation(answer, performance.now() - started, qualifier);
  }

  /** Again when the cause lies on our side of the function: the runner's network, or how often this caller calls anything. */
  async function sendUntilTaken(name: string, qualifier: string, payload: string): Promise<Invocation> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(name, qualifier, payload);
      } catch (error) {
        const again = isAnswered(error) ? isOurRate(error) && attempt < 6 : attempt < 2;
        if (!again) throw error;
        await clients.clock.sleep(100 * 2 ** attempt);
      }
    }
  }

  return {
    invoke: ({ name, qualifier, payload }) =>
      call({ action: 'lambda:InvokeFunction', resource: `the function ${name}:${qualifier}` }, async () => {
        try {
          return await sendUntilTaken(name, qualifier, payload);
        } catch (error) {
          throw explain(error, name, qualifier);
        }
      }),
  };
}

/** Lambda's Reason of a throttle; '' for every other error. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'Reason' in error && typeof error.Reason === 'string' ? error.Reason : '';
}

/** Whether Lambda answered at all; the SDK wraps what its socket threw into an error of its own. */
function isAnswered(error: unknown): boolean {
  if (!(error instanceof Error) || !('$metadata' in error)) return false;
  const metadata = error.$metadata;
  return (
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata && metadata.httpStatusCode !== undefined
  );
}

function isOurRate(error: unknown): boolean {
  return findCode(error) === 'TooManyRequestsException' && ['', 'CallerRateLimitExceeded'].includes(reasonOf(error));
}

function readInvocation(answer: InvokeCommandOutput, milliseconds: number, qualifier: string): Invocation {
  const logTail = Buffer.from(answer.LogResult ?? '', 'base64')
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const report = logTail.findLast((line) => line.startsWith('REPORT '));
  return {
    payload: answer.Payload?.transformToString() ?? '',
    ...(answer.FunctionError === undefined ? {} : { functionError: answer.FunctionError }),
    executedVersion: answer.ExecutedVersion ?? qualifier,
    milliseconds,
    cold: report === undefined ? undefined : /\bInit Duration: /.test(report),
    logTail,
  };
}

/** Refusals that only a call of a function has; every other one is explained with all of AWS's. */
function explain(error: unknown, name: string, qualifier: string): unknown {
  const code = findCode(error);
  const resource = `the function ${name}:${qualifier}`;
  if (isNotFound(error)) {
    return new ActionError({
      kind: 'configuration',
      message: `There is no ${resource.slice(4)}.`,
      fix: `Run deploy-endpoint first, or correct the input alias: it is an alias or a version of ${name}.`,
      cause: error,
    });
  }
  if (code === 'TooManyRequestsException') {
    const reason = reasonOf(error);
    const reserved = reason.startsWith('ReservedFunction');
    return new ActionError({
      kind: 'quota',
      message: `Lambda throttled ${resource}: ${reserved ? "the function's reserved concurrency is in use" : 'the concurrency of the account is in use'}${reason === '' ? '' : ` (${reason})`}.`,
      fix: reserved
        ? 'Raise `scaling.lambda.reserved`, or call less at once.'
        : 'Ask for more concurrent executions in Service Quotas, or call less at once.',
      cause: error,
    });
  }
  return error;
}
