import type { Log } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { openServingStep } from '../serving-step.ts';
import { endPromotion } from './end-promotion.ts';
import { readInputs } from './inputs.generated.ts';
import { findState } from './state.ts';
import { wire } from './wire.ts';

/** Ends a promotion that main was killed in: what was not verified does not stay live. */
export async function endStep(root: string, log: Log): Promise<void> {
  const state = findState(createStep());
  if (!state) return;
  const opened = await openServingStep(readInputs, 'Nothing was ended', log);
  if (opened) await endPromotion(state, wire(opened, root, new AbortController().signal));
}
