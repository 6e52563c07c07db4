import { idOf } from './ids.ts';

/** A machine image of Amazon's. */
export interface Image {
  readonly id: string;
  /** Public SSM parameters whose value it is. */
  readonly parameters: readonly string[];
  readonly name: string;
  readonly description: string;
  readonly rootDevice: string;
  readonly snapshot: string;
  readonly snapshotGb: number;
  /** YYYY-MM-DD. */
  readonly created: string;
  /** The Python that plays it needs PyTorch. */
  readonly torch: boolean;
  readonly tags: ReadonlyMap<string, string>;
}

const linux = '/aws/service/ami-amazon-linux-latest';
const learning = '/aws/service/deeplearning/ami/x86_64';

/**
 * The images by their parameters, as in use in public repositories in 2026-08 and 2026-09. The sizes of the snapshots: 8 GB of Amazon Linux
 * 2023; the Deep Learning AMIs ask for a root volume of 75 GB or more. Dates and build numbers in the names are the local cloud's own.
 */
export const images: readonly Image[] = [
  makeImage({
    parameters: [`${linux}/al2023-ami-kernel-default-x86_64`, `${linux}/al2023-ami-kernel-6.1-x86_64`],
    name: 'al2023-ami-2023.9.20261102.0-kernel-6.1-x86_64',
    description: 'Amazon Linux 2023 AMI 2023.9.20261102.0 x86_64 HVM kernel-6.1',
    rootDevice: '/dev/xvda',
    snapshotGb: 8,
    torch: false,
  }),
  makePyTorch('2.12', '24.04'),
  makePyTorch('2.10', '24.04'),
  makePyTorch('2.7', '22.04'),
  makeBase('ubuntu-24.04', 'Ubuntu 24.04', '/dev/sda1'),
  makeBase('ubuntu-22.04', 'Ubuntu 22.04', '/dev/sda1'),
  makeBase('amazon-linux-2023', 'Amazon Linux 2023', '/dev/xvda'),
];

function makePyTorch(version: string, ubuntu: string): Image {
  const name = `Deep Learning OSS Nvidia Driver AMI GPU PyTorch ${version} (Ubuntu ${ubuntu}) 20261030`;
  return makeImage({
    parameters: [`${learning}/oss-nvidia-driver-gpu-pytorch-${version}-ubuntu-${ubuntu}/latest/ami-id`],
    name,
    description: `${name}. Supported EC2 instances: G4dn, G5, G6, Gr6, G6e, P4d, P4de, P5, P5e, P5en`,
    rootDevice: '/dev/sda1',
    snapshotGb: 75,
    torch: true,
  });
}

function makeBase(system: string, title: string, rootDevice: string): Image {
  const name = `Deep Learning Base OSS Nvidia Driver GPU AMI (${title}) 20261030`;
  return makeImage({
    parameters: [`${learning}/base-oss-nvidia-driver-gpu-${system}/latest/ami-id`],
    name,
    description: `${name}. Supported EC2 instances: G4dn, G5, G6, Gr6, G6e, P4d, P4de, P5, P5e, P5en`,
    rootDevice,
    snapshotGb: 75,
    torch: false,
  });
}

function makeImage(image: Omit<Image, 'id' | 'snapshot' | 'created' | 'tags'>): Image {
  const { name } = image;
  return { ...image, id: idOf('ami', name), snapshot: idOf('snap', name), created: '2026-11-02', tags: new Map() };
}
