import type { Problem } from '../../action-error.ts';
import { resolveImage } from '../../spec/images.ts';
import type { Spec } from '../../spec/spec.ts';
import { problemOf } from '../train-model/choose.ts';

/** Where and as what jobs run: what the spec must say before anything can be asked for. */
export interface JobPlace {
  readonly region: string;
  readonly bucket: string;
  /** ARN of the role; of machines of EC2 the name of their instance profile. */
  readonly roleArn: string;
  readonly code: { readonly directory: string; readonly entryPoint: string };
  /** Full URI; empty for machines of EC2. */
  readonly image: string;
}

/**
 * @param region AWS_REGION of the environment, used when the spec names none
 * @param today YYYY-MM-DD
 * @param purpose what the keys are needed for, as in "needed to train"
 * @returns the place, to be used only when there is no problem
 */
export function getJobPlace(
  spec: Spec,
  region: string | undefined,
  today: string,
  purpose: string,
  on: 'sagemaker' | 'ec2' = 'sagemaker',
): { place: JobPlace; warnings: string[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const need = (value: string | undefined, key: string, fix: string): string => {
    if (value === undefined)
      problems.push(problemOf(spec, key, `${key} is needed to ${purpose}, and ${spec.path} does not set it.`, fix));
    return value ?? '';
  };
  const place = need(spec.region ?? region, 'region', 'Set region in trainyard.yml, or AWS_REGION in the workflow.');
  const bucket = need(
    spec.bucket,
    'bucket',
    'Name the bucket for code, data, models and records; infra/bootstrap.yml makes one.',
  );
  const roleArn =
    on === 'ec2'
      ? need(
          spec.roles.ec2,
          'roles.ec2',
          'Name the instance profile of the machines; infra/bootstrap.yml makes it with AllowEc2=yes.',
        )
      : need(spec.roles.training, 'roles.training', 'Name the role that training jobs run as; infra/bootstrap.yml makes it.');
  const directory = need(
    spec.code?.directory,
    'code',
    'Name the folder and the script: code: { directory: …, entry-point: train.py }.',
  );
  const code = { directory, entryPoint: spec.code?.entryPoint ?? '' };
  // Machines of EC2 have images of their own, which are found when the types are known.
  if (on === 'ec2') return { place: { region: place, bucket, roleArn, code, image: '' }, warnings: [], problems };
  const imageName = need(spec.image, 'image', 'Name an image, e.g. image: pytorch-2.13-cpu.');
  const image = imageName === '' || place === '' ? undefined : resolveImage(imageName, place, today);
  if (image && 'fix' in image) problems.push(problemOf(spec, 'image', image.message, image.fix));
  const resolved = image && 'uri' in image ? image : { uri: '', warnings: [] };
  return { place: { region: place, bucket, roleArn, code, image: resolved.uri }, warnings: resolved.warnings, problems };
}
