import type * as ec2 from '@aws-sdk/client-ec2';
import type { Image } from './images.ts';
import { refuse } from './refuse.ts';
import type { VolumePlan } from './volumes.ts';

/** The root volume of a launch: the image's, as the request changes it. @throws InvalidBlockDeviceMapping */
export function checkVolume(input: ec2.RunInstancesRequest, image: Image, zone: string): VolumePlan {
  const mappings = input.BlockDeviceMappings ?? [];
  const other = mappings.find(({ DeviceName }) => DeviceName !== image.rootDevice);
  if (other)
    throw refuse(
      'InvalidBlockDeviceMapping',
      `The local cloud gives an instance its root device ${image.rootDevice} only, not ${other.DeviceName}`,
    );
  const ebs = mappings[0]?.Ebs ?? {};
  const sizeGb = ebs.VolumeSize ?? image.snapshotGb;
  if (sizeGb < image.snapshotGb)
    throw refuse(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGb}GB is smaller than snapshot '${image.snapshot}', expect size>= ${image.snapshotGb}GB`,
    );
  if (sizeGb > 65_536) throw refuse('InvalidParameterValue', `Volume of ${sizeGb}GiB is too large for volume type gp3.`);
  return {
    sizeGb,
    type: ebs.VolumeType ?? 'gp3',
    device: image.rootDevice,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
    encrypted: (ebs.Encrypted ?? false) || ebs.KmsKeyId !== undefined,
    kmsKey: ebs.KmsKeyId,
    snapshot: image.snapshot,
    zone,
  };
}
