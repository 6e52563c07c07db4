import type { Log } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { openServingStep } from '../serving-step.ts';
import { endPromotion, endUnmoved } from './end-promotion.ts';
import { readInputs } from './inputs.generated.ts';
import { findBegun, findState } from './state.ts';
import { wire } from './wire.ts';

/** Ends a promotion that main was killed in: what was not verified does not stay live. */
export async function endStep(root: string, log: Log): Promise<void> {
  const step = createStep();
  const [state, begun] = [findState(step), findBegun(step)];
  if (!state && !begun) return;
  const opened = await openServingStep(readInputs, 'Nothing was ended', log);
  if (!opened) return;
  const deps = wire(opened, root, new AbortController().signal);
  if (state) await endPromotion(state, deps);
  else if (begun) await endUnmoved(begun, deps);
}
