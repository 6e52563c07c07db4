import { findShape } from '../prices/shape.ts';

// Public SSM parameters of machine images, in order of preference: names seen in use in public repositories between 2026-08 and
// 2026-09. Images of older versions stay published for years, so a list outlives the removal of its first entries.
const learning = '/aws/service/deeplearning/ami/x86_64';
const linux = '/aws/service/ami-amazon-linux-latest';

/** With PyTorch in an environment of its own and the open NVIDIA driver: runs on machines with a GPU only (G4dn and later, not P3). */
const gpu: readonly string[] = [
  `${learning}/oss-nvidia-driver-gpu-pytorch-2.12-ubuntu-24.04/latest/ami-id`,
  `${learning}/oss-nvidia-driver-gpu-pytorch-2.10-ubuntu-24.04/latest/ami-id`,
  `${learning}/oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04/latest/ami-id`,
];

/** Amazon Linux 2023: Python, and what the code folder's requirements.txt installs. */
const cpu: readonly string[] = [`${linux}/al2023-ami-kernel-default-x86_64`, `${linux}/al2023-ami-kernel-6.1-x86_64`];

/** Whether a machine type has a GPU; undefined for a type that the table does not have. */
export function hasGpu(instanceType: string): boolean | undefined {
  const shape = findShape(instanceType);
  return shape && shape.gpus > 0;
}

/** Parameters of the images that fit machines of a type: undefined where nobody knows whether the type has a GPU. */
export function findMachineImages(instanceType: string): readonly string[] | undefined {
  const known = hasGpu(instanceType);
  return known === undefined ? undefined : known ? gpu : cpu;
}

/** Whether the image that a spec names for SageMaker is one for GPUs: by its short name or its tag. */
export function wantsGpu(image: string | undefined): boolean {
  return image !== undefined && /(?:^|[-_:.])(?:gpu|cu\d{2,3})(?:[-_.]|$)/.test(image);
}

/** Whether a machine image runs on machines with a GPU only, by the name of its parameter. */
export function needsGpu(parameter: string): boolean {
  return /nvidia-driver-gpu|[-/]gpu[-/]/.test(parameter);
}
