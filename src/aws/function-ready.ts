import { type FunctionConfiguration, GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ActionError } from '../action-error.ts';
import type { Clock } from '../time/clock.ts';
import { waitFor } from '../time/wait-for.ts';

/** Lambda allows itself minutes in a network; its own waiter gives up after five. */
const limitMs = 5 * 60_000;

/**
 * The function's (or one version's) configuration once nothing is under way: until then Lambda refuses every change.
 * @throws ActionError when Lambda could not make or change it, with Lambda's reason, or when it does not end
 */
export async function whenReady(
  lambda: LambdaClient,
  name: string,
  version: string | undefined,
  clock: Clock,
): Promise<FunctionConfiguration> {
  const command = () => new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: version });
  const waited = await waitFor({
    look: () => lambda.send(command()),
    judge: (seen) => (seen.State === 'Pending' || seen.LastUpdateStatus === 'InProgress' ? undefined : seen),
    limitMs,
    clock,
  });
  const what = `The function ${name}${version === undefined ? '' : ` (version ${version})`}`;
  if (waited.outcome !== 'reached') {
    throw new ActionError({
      kind: 'aws',
      message: `${what} has not become ready in ${limitMs / 60_000} minutes.`,
      fix: 'Re-run this job; if it stays so, look at the function in the AWS console.',
    });
  }
  const { State, StateReason, LastUpdateStatus, LastUpdateStatusReason } = waited.result;
  if (State === 'Failed' || LastUpdateStatus === 'Failed') {
    throw new ActionError({
      kind: 'aws',
      message: `${what} could not be made ready: ${StateReason ?? LastUpdateStatusReason ?? 'Lambda gives no reason'}.`,
      fix: 'Correct what Lambda names (role, memory or network), then re-run this job.',
    });
  }
  return waited.result;
}
