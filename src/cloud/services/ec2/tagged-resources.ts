import type * as ec2 from '@aws-sdk/client-ec2';
import type { Instance } from './instance.ts';
import type { Ec2Room } from './room.ts';

/** Anything of a launch that has tags. */
export interface TaggedResource {
  readonly id: string;
  readonly kind: ec2.ResourceType;
  readonly tags: Map<string, string>;
  readonly instance: Instance;
}

/** Everything of every machine that EC2 still shows. */
export function listTagged({ table }: Ec2Room): TaggedResource[] {
  return table.all().flatMap((instance): TaggedResource[] => {
    const { id, tags, volume, networkInterface, interfaceTags, spot, state } = instance;
    const resources: TaggedResource[] = [{ id, kind: 'instance', tags, instance }];
    if (volume.state !== 'deleted') resources.push({ id: volume.id, kind: 'volume', tags: volume.tags, instance });
    if (state.name !== 'terminated')
      resources.push({ id: networkInterface, kind: 'network-interface', tags: interfaceTags, instance });
    if (spot) resources.push({ id: spot.id, kind: 'spot-instances-request', tags: spot.tags, instance });
    return resources;
  });
}
