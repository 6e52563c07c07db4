import type { Clients } from '../aws/clients.ts';
import { createLazyMachinePrices, createLazyMachines } from '../aws/lazy-ec2.ts';
import type { Zone } from '../records/context.ts';
import { zoneUri } from '../records/keys.ts';
import type { ObjectStore } from '../records/ports.ts';
import type { Clock } from '../time/clock.ts';
import { type BoxJobs, createBoxJobs } from '../training/ec2/jobs.ts';
import { createBoxLogs } from '../training/ec2/logs.ts';
import type { MachinePrices, Machines } from '../training/ec2/ports.ts';
import { createBoxUtilisation } from '../training/ec2/utilisation.ts';
import type { Identity } from '../training/ports.ts';
import type { Ec2Settling } from '../training/settling/deps.ts';

/** Everything that runs on EC2 are seen and done by. */
export interface Ec2Side extends Ec2Settling {
  readonly jobs: BoxJobs;
  readonly machines: Machines;
  readonly machinePrices: MachinePrices;
}

interface Place {
  readonly region: string;
  readonly bucket: string;
  readonly zone: Zone;
  readonly runId: string;
  readonly objects: Pick<ObjectStore, 'readText' | 'list'>;
  readonly identity: Identity;
  readonly clock: Clock;
}

export function wireEc2(clients: Clients, { region, bucket, runId, objects, identity, clock, ...place }: Place): Ec2Side {
  const zone = zoneUri(bucket, place.zone);
  const machines = createLazyMachines(clients);
  const machinePrices = createLazyMachinePrices(clients);
  const arnPrefix = async () => {
    const { account, arn } = await identity.whoAmI();
    return `arn:${arn.split(':')[1] ?? 'aws'}:ec2:${region}:${account}:instance/`;
  };
  const repository = process.env.GITHUB_REPOSITORY ?? '';
  return {
    jobs: createBoxJobs({ machines, prices: machinePrices, objects, zone, region, repository, runId, arnPrefix, clock }),
    logs: createBoxLogs({ objects, zone, clock }),
    utilisation: createBoxUtilisation({ objects, zone, clock }),
    volumePrice: () => machinePrices.volume(region),
    machines,
    machinePrices,
  };
}
