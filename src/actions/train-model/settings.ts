import type { Problem } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import { resolveImage } from '../../spec/images.ts';
import type { Spec } from '../../spec/spec.ts';
import { chooseRuns, problemOf } from './choose.ts';
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
  const problems: Problem[] = [];
  const need = (value: string | undefined, key: string, fix: string): string => {
    if (value === undefined)
      problems.push(problemOf(spec, key, `${key} is needed to train, and ${spec.path} does not set it.`, fix));
    return value ?? '';
  };
  const chosen = chooseRuns(spec, asked.labels, log);
  problems.push(...chosen.problems);
  const trainedRegion = need(spec.region ?? region, 'region', 'Set region in trainyard.yml, or AWS_REGION in the workflow.');
  const bucket = need(
    spec.bucket,
    'bucket',
    'Name the bucket for code, data, models and records; infra/bootstrap.yml makes one.',
  );
  const roleArn = need(
    spec.roles.training,
    'roles.training',
    'Name the role that training jobs run as; infra/bootstrap.yml makes it.',
  );
  const directory = need(
    spec.code?.directory,
    'code',
    'Name the folder and the script: code: { directory: …, entry-point: train.py }.',
  );
  const imageName = need(spec.image, 'image', 'Name an image, e.g. image: pytorch-2.13-cpu.');
  const image = imageName === '' || trainedRegion === '' ? undefined : resolveImage(imageName, trainedRegion, today);
  if (image && 'fix' in image) problems.push(problemOf(spec, 'image', image.message, image.fix));
  const resolved = image && 'uri' in image ? image : { uri: '', warnings: [] };
  return {
    settings: {
      ...asked,
      spec,
      region: trainedRegion,
      bucket,
      roleArn,
      code: { directory, entryPoint: spec.code?.entryPoint ?? '' },
      image: resolved.uri,
      labels: chosen.labels,
    },
    warnings: resolved.warnings,
    problems,
  };
}
