import { z } from 'zod';
import type { StepResult } from '../../runner/ports.ts';

/** What `post` needs to remove a candidate that was not handed on, saved before the first create call. */
const savedState = z.object({
  region: z.string(),
  specName: z.string(),
  release: z.string(),
  functionName: z.string(),
  /** Says of a version or alias that this workflow run made it. */
  mark: z.string(),
  /** What did not exist before this step; anything else is left as it is. */
  creates: z.object({ endpoint: z.boolean(), config: z.boolean(), model: z.boolean() }),
  /** All tags of the candidate, to let it expire at once where it cannot be deleted yet. */
  tags: z.record(z.string(), z.string()),
});
export type SavedState = z.infer<typeof savedState>;

const stateKey = 'deploy-endpoint';
const handedOnKey = 'handed-on';

export function saveState(step: StepResult, state: SavedState): void {
  step.saveState(stateKey, state);
}

/** From now on the candidate belongs to the steps that follow, and to its time to live. */
export function saveHandedOn(step: StepResult): void {
  step.saveState(handedOnKey, true);
}

/** Undefined when main came to no create call, or handed the candidate on. */
export function findState(step: StepResult): SavedState | undefined {
  return step.readState(handedOnKey) === true ? undefined : savedState.safeParse(step.readState(stateKey)).data;
}
