import type { Problem } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import type { Spec } from '../../spec/spec.ts';
import { getJobPlace } from '../jobs/place.ts';
import { chooseRuns } from '../train-model/choose.ts';
import type { Asked as TrainAsked } from '../train-model/settings.ts';
import type { Settings } from './deps.ts';

/** The inputs of this action that are about training, as read from the step. */
export interface Asked extends TrainAsked {
  readonly imageParameters: string | undefined;
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
): { settings: Settings; problems: Problem[] } {
  const chosen = chooseRuns(spec, asked.labels, log, 'ec2');
  const { place, problems } = getJobPlace(spec, region, today, 'train on EC2', 'ec2');
  const imageParameters = (asked.imageParameters ?? '')
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    settings: { ...asked, spec, ...place, labels: chosen.labels, imageParameters },
    problems: [...chosen.problems, ...checkParameters(imageParameters), ...problems],
  };
}

function checkParameters(names: readonly string[]): Problem[] {
  return names
    .filter((name) => !/^\/aws\/service\/[A-Za-z0-9_./-]{1,500}$/.test(name))
    .map((name) => ({
      name: 'input image-parameters',
      message: `${JSON.stringify(name)} is no public parameter of AWS; their names begin with /aws/service/.`,
      fix: 'Write e.g. /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64, or leave the input empty.',
    }));
}
