import type { Log } from '../../runner/ports.ts';
import { openServingStep, type ServingStep } from '../serving-step.ts';
import { type Inputs, readInputs } from './inputs.generated.ts';
import { recordRefusal } from './record-refusal.ts';
import { run } from './run.ts';
import { wire } from './wire.ts';

/** Reads what the step is asked, puts the adapters together, and promotes. @param root folder of this product's checkout */
export async function promoteEndpoint(root: string, log: Log, signal: AbortSignal): Promise<void> {
  const opened = await open(log);
  if (opened) await run(opened.inputs, wire(opened, root, signal));
}

const purpose = 'Nothing was promoted';

async function open(log: Log): Promise<ServingStep<Inputs> | undefined> {
  try {
    return await openServingStep(readInputs, purpose, log);
  } catch (error) {
    await recordUnopened(error, log);
    throw error;
  }
}

/** Inputs that are wrong keep nobody from recording that nothing was promoted: that takes the spec and a role. */
async function recordUnopened(error: unknown, log: Log): Promise<void> {
  try {
    const opened = await openServingStep((reader) => ({ roleToAssume: reader.text('role-to-assume') }), purpose, log);
    if (opened) await recordRefusal(error, opened);
  } catch {
    // Without a spec that can be read there is no place for a record, and no report that could be wrong.
  }
}
