import type * as ec2 from '@aws-sdk/client-ec2';
import { makeId } from './ids.ts';

export interface VolumePlan {
  readonly sizeGb: number;
  readonly type: ec2.VolumeType;
  readonly device: string;
  readonly deleteOnTermination: boolean;
  readonly encrypted: boolean;
  readonly kmsKey: string | undefined;
  readonly snapshot: string;
  readonly zone: string;
}

/** A machine's root volume. One that is not deleted with its machine stays, and would be billed. */
export interface Volume {
  readonly id: string;
  readonly plan: VolumePlan;
  readonly created: Date;
  readonly tags: Map<string, string>;
  state: 'in-use' | 'available' | 'deleted';
  readonly instance: string;
  /** Its machine is terminated. */
  readonly release: () => void;
  readonly viewAttachment: () => ec2.EbsInstanceBlockDevice;
}

export function createVolume(plan: VolumePlan, instance: string, tags: Map<string, string>, created: Date): Volume {
  const volume: Volume = {
    id: makeId('vol'),
    plan,
    created,
    tags,
    state: 'in-use',
    instance,
    release: () => void (volume.state = plan.deleteOnTermination ? 'deleted' : 'available'),
    viewAttachment: () => ({
      AttachTime: created,
      DeleteOnTermination: plan.deleteOnTermination,
      Status: 'attached',
      VolumeId: volume.id,
    }),
  };
  return volume;
}
