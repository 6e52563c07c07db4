import { z } from 'zod';
import type { StepResult } from '../../runner/ports.ts';

/** What `post` needs to end a promotion that main was killed in, saved before the first change. */
const savedState = z.object({
  strategy: z.enum(['alias', 'in-place']),
  /** Versions: what was to become live, what was live, and the way back there was; with what the aliases said of them. */
  to: z.string(),
  from: z.string().optional(),
  fromDescription: z.string().optional(),
  previous: z.string().optional(),
  previousDescription: z.string().optional(),
  /** Scaling of what was to become live. */
  range: z.object({ min: z.number(), max: z.number() }).optional(),
  githubEnvironment: z.string(),
  /** What was to become live was made of it. */
  commit: z.string(),
});
export type SavedState = z.infer<typeof savedState>;

const stateKey = 'promote-endpoint';
const endedKey = 'ended';

export function saveState(step: StepResult, state: SavedState): void {
  step.saveState(stateKey, state);
}

export function saveEnded(step: StepResult): void {
  step.saveState(endedKey, true);
}

/** Undefined when main came to no change, or ended what it began. */
export function findState(step: StepResult): SavedState | undefined {
  return step.readState(endedKey) === true ? undefined : savedState.safeParse(step.readState(stateKey)).data;
}
