import { evaluateText, type Scope } from './expressions.ts';
import type { JobState, StepList } from './run.ts';
import type { StepDefinition } from './workflow.ts';

type RunSteps = (
  state: JobState,
  definitions: readonly StepDefinition[],
  ids: readonly string[],
  list: StepList,
) => Promise<boolean>;

/** One step that is about to run. */
export interface StepCall {
  readonly state: JobState;
  readonly list: StepList;
  readonly definition: StepDefinition;
  readonly id: string;
  readonly title: string;
  readonly env: Readonly<Record<string, string>>;
  readonly scope: Scope;
  readonly cancel: AbortSignal;
  /** Runs the steps of a composite action. */
  readonly runSteps: RunSteps;
}

/** What a step's own work comes to; the rules around it (`if`, cancel, `continue-on-error`) are here. */
export interface StepOutcome {
  readonly ok: boolean;
  /** For the log, e.g. `exit code 3`. */
  readonly detail?: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** `env` or `with`: every value evaluated to a text. */
export function evaluateMap(
  map: Readonly<Record<string, string | number | boolean | null>> | undefined,
  scope: Scope,
): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).map(([name, value]) => [name, evaluateText(String(value ?? ''), scope)]));
}
