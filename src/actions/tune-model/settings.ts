import type { Problem } from '../../action-error.ts';
import type { Spec, TuneSpec } from '../../spec/spec.ts';
import { countTrials } from '../../training/tuning-plan.ts';
import { getJobPlace } from '../jobs/place.ts';
import { problemOf } from '../train-model/choose.ts';
import type { Settings } from './deps.ts';

type Asked = Pick<Settings, 'hyperparameters' | 'maxCostUsd' | 'allowUnknownPrice' | 'force' | 'wait'>;

/**
 * Puts inputs and spec together. Without I/O.
 * @param region AWS_REGION of the environment, used when the spec names none
 * @param today YYYY-MM-DD
 * @returns settings when there is something to search, and everything that is missing
 */
export function getSettings(
  spec: Spec,
  asked: Asked,
  region: string | undefined,
  today: string,
): { settings?: Settings; warnings: string[]; problems: Problem[] } {
  const { place, warnings, problems } = getJobPlace(spec, region, today, 'tune');
  const { tune } = spec;
  if (!tune) {
    const fix = 'Add tune with an objective, ranges, max-jobs and an instance-type, or leave this step out.';
    const none = problemOf(spec, 'tune', `There is nothing to search: ${spec.path} has no tune.`, fix);
    return { warnings, problems: [none, ...problems] };
  }
  return {
    settings: { ...asked, spec, tune, ...place },
    warnings,
    problems: [...problems, ...checkHyperparameters(asked, tune), ...checkGrid(spec, tune)],
  };
}

function checkHyperparameters({ hyperparameters }: Asked, { ranges }: TuneSpec): Problem[] {
  return Object.keys(hyperparameters)
    .filter((name) => Object.hasOwn(ranges, name))
    .map((name) => ({
      name: 'input hyperparameters',
      message: `It sets ${name}, which tune.ranges varies.`,
      fix: `Remove ${name} from the input, or from tune.ranges.`,
    }));
}

/** Limit of a search (service quotas of SageMaker, read 2026-11-22). */
const mostTrials = 750;

function checkGrid(spec: Spec, tune: TuneSpec): Problem[] {
  if (tune.strategy !== 'grid') return [];
  const trials = countTrials(tune);
  const limit = Math.min(tune.maxJobs, mostTrials);
  if (trials <= limit) return [];
  const message = `A grid tries all ${trials} combinations of its values, more than ${limit === tune.maxJobs ? `max-jobs (${limit})` : `the ${limit} AWS allows`}.`;
  const fix = `Write ${Math.min(trials, mostTrials)} or more, name fewer values, or choose another strategy.`;
  return [problemOf(spec, 'tune.max-jobs', message, fix)];
}
