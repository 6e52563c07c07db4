import type { Log } from '../../runner/ports.ts';
import { openServingStep } from '../serving-step.ts';
import { readInputs } from './inputs.generated.ts';
import { run } from './run.ts';
import { wire } from './wire.ts';

/** Reads what the step is asked, puts the adapters together, and promotes. @param root folder of this product's checkout */
export async function promoteEndpoint(root: string, log: Log, signal: AbortSignal): Promise<void> {
  const opened = await openServingStep(readInputs, 'Nothing was promoted', log);
  if (opened) await run(opened.inputs, wire(opened, root, signal));
}
