import { createFunctions } from '../../aws/functions.ts';
import { createInvocations } from '../../aws/invocations.ts';
import type { Log } from '../../runner/ports.ts';
import { openServingStep } from '../serving-step.ts';
import { orCancelled } from '../train-model/cancel.ts';
import { readInputs } from './inputs.generated.ts';
import { cancelledBefore, run } from './run.ts';

/** Reads what the step is asked, puts the adapters together, and tests. */
export async function smokeInvoke(log: Log, signal: AbortSignal): Promise<void> {
  const opened = await orCancelled(openServingStep(readInputs, 'Nothing was smoke-tested', log), signal, cancelledBefore);
  if (!opened) return;
  const { clients, inputs } = opened;
  await run(inputs, {
    ...opened,
    invocations: createInvocations(clients),
    functions: createFunctions(clients),
    signal,
  });
}
