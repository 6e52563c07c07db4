import type { Problem } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import type { Spec } from '../../spec/spec.ts';
import { getJobPlace } from '../jobs/place.ts';
import { chooseRuns } from './choose.ts';
import type { Settings } from './deps.ts';

/** The inputs of this action that are about training, as read from the step. */
export interface Asked {
  readonly labels: readonly string[];
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly maxCostUsd: number | undefined;
  readonly allowUnknownPrice: boolean;
  readonly force: boolean;
  readonly wait: boolean;
}

/**
 * Puts inputs and spec together. Without I/O.
 * @param region AWS_REGION of the environment, used when the spec names none
 * @param today YYYY-MM-DD
 * @returns settings, and everything that is missing; the settings may be used only when nothing is
 */
export function getSettings(
  spec: Spec,
  asked: Asked,
  region: string | undefined,
  today: string,
  log: Log,
): { settings: Settings; warnings: string[]; problems: Problem[] } {
  const chosen = chooseRuns(spec, asked.labels, log);
  const { place, warnings, problems } = getJobPlace(spec, region, today, 'train');
  return {
    settings: { ...asked, spec, ...place, labels: chosen.labels },
    warnings,
    problems: [...chosen.problems, ...problems],
  };
}
