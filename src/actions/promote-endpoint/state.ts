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

/** What `post` needs to say that nothing was promoted, when main was killed before it came to `savedState`. */
const begunState = savedState.pick({ githubEnvironment: true, commit: true }).extend({ release: z.string() });
export type BegunState = z.infer<typeof begunState>;

const stateKey = 'promote-endpoint';
const begunKey = 'begun';
const endedKey = 'ended';

export function saveState(step: StepResult, state: SavedState): void {
  step.saveState(stateKey, state);
}

export function saveBegun(step: StepResult, state: BegunState): void {
  step.saveState(begunKey, state);
}

export function saveEnded(step: StepResult): void {
  step.saveState(endedKey, true);
}

/** Undefined when main came to no change, or ended what it began. */
export function findState(step: StepResult): SavedState | undefined {
  return isEnded(step) ? undefined : savedState.safeParse(step.readState(stateKey)).data;
}

/** Undefined when main did not even look, or said how it ended. */
export function findBegun(step: StepResult): BegunState | undefined {
  return isEnded(step) ? undefined : begunState.safeParse(step.readState(begunKey)).data;
}

const isEnded = (step: StepResult): boolean => step.readState(endedKey) === true;
