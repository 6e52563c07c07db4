import type { Problem } from '../../action-error.ts';
import { findMachineImages, hasGpu, needsGpu } from '../../spec/machine-images.ts';
import type { TrainRun } from '../../spec/spec.ts';
import type { MachineImage } from '../../training/ec2/ports.ts';
import { problemOf } from '../train-model/choose.ts';
import type { Ec2Deps, Settings } from './deps.ts';

export type Chosen = { readonly image: MachineImage; readonly volumeGb: number } | { readonly problems: readonly Problem[] };

/** The machine image of a run and its volume, or everything that forbids them. */
export async function chooseImage(
  label: string,
  run: TrainRun,
  settings: Settings,
  deps: Pick<Ec2Deps, 'machines' | 'log'>,
): Promise<Chosen> {
  const key = `train.runs.${label}.instance-type`;
  const wrong = checkTypes(run, settings);
  if (wrong) return { problems: [problemOf(settings.spec, key, wrong.message, wrong.fix)] };
  const [first] = run.instanceTypes;
  const parameters = settings.imageParameters.length > 0 ? settings.imageParameters : (findMachineImages(first) ?? []);
  const image = await deps.machines.findImage(parameters);
  if (!image) {
    const message = `AWS publishes none of these machine images in ${settings.region}: ${parameters.join(', ')}.`;
    const fix =
      'Name one in the input image-parameters; `aws ssm get-parameters-by-path --path /aws/service/deeplearning/ami` lists them.';
    return { problems: [problemOf(settings.spec, key, message, fix)] };
  }
  // A parameter that the first in the list replaced may be of another kind.
  const gpuOnly = needsGpu(image.parameter) && run.instanceTypes.find((type) => hasGpu(type) === false);
  if (gpuOnly) return { problems: [gpuImageProblem(settings, key, image, gpuOnly)] };
  return chooseVolume(label, run, image, settings, deps);
}

function gpuImageProblem({ spec }: Settings, key: string, { parameter }: MachineImage, type: string): Problem {
  return problemOf(
    spec,
    key,
    `The machine image ${parameter} runs on machines with a GPU only, and ${type} has none.`,
    'Write a type with a GPU, e.g. g4dn.xlarge, or leave the input image-parameters empty.',
  );
}

function checkTypes({ instanceTypes }: TrainRun, { imageParameters }: Settings): { message: string; fix: string } | undefined {
  if (imageParameters.length > 0) return undefined;
  const unknown = instanceTypes.filter((type) => hasGpu(type) === undefined);
  if (unknown.length > 0) {
    return {
      message: `Trainyard does not know whether ${unknown.join(', ')} has a GPU, so it cannot choose a machine image.`,
      fix: 'Name the image in the input image-parameters, or use a type of the families m5, m6i, m7i, c5, c6i, c7i, r5, t3, g4dn, g5, g6, p4d, p5.',
    };
  }
  return undefined;
}

/** The volume holds the image. One that nobody asked for is made large enough; one that somebody asked for must be. */
function chooseVolume(
  label: string,
  run: TrainRun,
  image: MachineImage,
  { spec }: Settings,
  { log }: Pick<Ec2Deps, 'log'>,
): Chosen {
  const volumeGb = run.volumeGb ?? spec.volumeGb;
  if (volumeGb >= image.minVolumeGb) return { image, volumeGb };
  const key = run.volumeGb === undefined ? 'volume-gb' : `train.runs.${label}.volume-gb`;
  if (spec.lines[key] === undefined) {
    log.info(`${label}: the volume has ${image.minVolumeGb} GB, as the machine image needs; volume-gb makes it larger.`);
    return { image, volumeGb: image.minVolumeGb };
  }
  const message = `It is ${volumeGb} GB, and the machine image ${image.name} needs ${image.minVolumeGb} GB.`;
  return {
    problems: [problemOf(spec, key, message, `Write ${image.minVolumeGb} or more, or volume-gb under train.runs.${label}.`)],
  };
}
