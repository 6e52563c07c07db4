import { z } from 'zod';
import type { StepResult } from '../../runner/ports.ts';

/**
 * What `post` needs to find and end everything this step may have created, saved before the first create call.
 * The rest is in the records.
 */
const savedState = z.object({
  region: z.string(),
  bucket: z.string(),
  zone: z.union([
    z.object({ kind: z.literal('pull-request'), number: z.number() }),
    z.object({ kind: z.literal('main') }),
    z.object({ kind: z.literal('release') }),
  ]),
  runId: z.string(),
  baseNames: z.array(z.string()),
  /** Metrics of the spec, to read the curves out of the logs. */
  metrics: z.record(z.string(), z.string()),
});
export type SavedState = z.infer<typeof savedState>;

/** @param key the action's name */
export function saveState(step: StepResult, key: string, state: SavedState): void {
  step.saveState(key, state);
}

/** Undefined when main came to no create call. */
export function findState(step: StepResult, key: string): SavedState | undefined {
  return savedState.safeParse(step.readState(key)).data;
}
