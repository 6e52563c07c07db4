import type * as ec2 from '@aws-sdk/client-ec2';
import { checkRoom } from './check-room.ts';
import { checkRun, type RunPlan } from './check-run.ts';
import { makeId } from './ids.ts';
import { changeInstance, type Instance } from './instance.ts';
import { refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import { createSpotRequest } from './spot-requests.ts';
import { readTagSpecifications } from './tag-specifications.ts';
import { createVolume } from './volumes.ts';

/** EC2's RunInstances. @param start begins a machine's life */
export function createRunInstances(room: Ec2Room, start: (instance: Instance) => void) {
  /** Parameters by ClientToken. */
  const requests = new Map<string, string>();

  return (input: ec2.RunInstancesRequest): ec2.Reservation => {
    const plan = checkRun(input, room);
    refuseDryRun(input.DryRun);
    const { clientToken } = plan.instance;
    const parameters = JSON.stringify({ ...input, ClientToken: undefined, DryRun: undefined });
    const before = clientToken === '' ? [] : room.table.findByToken(clientToken);
    if (before.length > 0) {
      if (requests.get(clientToken) === parameters) return viewReservation(before, room);
      throw refuse(
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    }
    const number = checkRoom(plan, room);
    const tags = readTagSpecifications(input.TagSpecifications);
    const reservation = makeId('r');
    const launched = Array.from({ length: number }, (_, index) => createInstance({ plan, tags, reservation, index }, room));
    if (clientToken !== '') requests.set(clientToken, parameters);
    for (const instance of launched) {
      room.table.add(instance);
      start(instance);
    }
    return viewReservation(launched, room);
  };
}

interface Launch {
  readonly plan: RunPlan;
  readonly tags: ReturnType<typeof readTagSpecifications>;
  readonly reservation: string;
  readonly index: number;
}

function createInstance({ plan, tags, reservation, index }: Launch, { cloud, addresses }: Ec2Room): Instance {
  const now = cloud.clock.now();
  const id = makeId('i');
  const { market } = plan.instance;
  const maxPrice = String(plan.maxPrice ?? '');
  const instance: Instance = {
    id,
    reservation,
    networkInterface: makeId('eni'),
    index,
    plan: plan.instance,
    address: addresses.take(),
    created: now,
    tags: tags.of('instance'),
    interfaceTags: tags.of('network-interface'),
    volume: createVolume(plan.volume, id, tags.of('volume'), now),
    spot: market === 'spot' ? createSpotRequest(maxPrice, tags.of('spot-instances-request'), now) : undefined,
    state: { name: 'pending', launched: now, goal: 'terminated', console: [] },
    history: [],
    end: new AbortController(),
    close: new AbortController(),
  };
  changeInstance(instance, cloud.clock);
  return instance;
}

/** A launch and its repetition show the present, not what a read may lag behind. */
function viewReservation(instances: readonly Instance[], { cloud }: Ec2Room): ec2.Reservation {
  return {
    ReservationId: instances[0]?.reservation,
    OwnerId: cloud.account,
    Groups: [],
    Instances: instances.flatMap(({ history }) => history.at(-1)?.view ?? []),
  };
}
