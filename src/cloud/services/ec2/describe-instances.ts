import type * as ec2 from '@aws-sdk/client-ec2';
import { applyFilters, type Filterable } from './filters.ts';
import { refuseMissing } from './instance-table.ts';
import { takePage } from './page.ts';
import { refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';

/** An instance as a read sees it: what it is filtered by is what is shown. */
interface Seen {
  readonly view: ec2.Instance;
  readonly tags: ReadonlyMap<string, string>;
  readonly reservation: string;
}

const filters: Filterable<Seen> = {
  'availability-zone': ({ view }) => [view.Placement?.AvailabilityZone],
  'client-token': ({ view }) => [view.ClientToken],
  'iam-instance-profile.arn': ({ view }) => [view.IamInstanceProfile?.Arn],
  'image-id': ({ view }) => [view.ImageId],
  'instance-id': ({ view }) => [view.InstanceId],
  'instance-lifecycle': ({ view }) => [view.InstanceLifecycle],
  'instance-state-code': ({ view }) => [String(view.State?.Code)],
  'instance-state-name': ({ view }) => [view.State?.Name],
  'instance-type': ({ view }) => [view.InstanceType],
  'private-ip-address': ({ view }) => [view.PrivateIpAddress],
  'reservation-id': ({ reservation }) => [reservation],
  'spot-instance-request-id': ({ view }) => [view.SpotInstanceRequestId],
  'subnet-id': ({ view }) => [view.SubnetId],
  'vpc-id': ({ view }) => [view.VpcId],
};

export function describeInstances(input: ec2.DescribeInstancesRequest, room: Ec2Room): ec2.DescribeInstancesResult {
  refuseDryRun(input.DryRun);
  const ids = input.InstanceIds ?? [];
  if (ids.length > 0 && input.MaxResults !== undefined)
    throw refuse('InvalidParameterCombination', 'The parameter instancesSet cannot be used with the parameter maxResults');
  const asked = ids.length > 0 ? room.table.get(ids) : room.table.all();
  const seen = asked.flatMap((instance): Seen[] => {
    const view = room.table.look(instance);
    const tags = new Map((view?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    return view ? [{ view, tags, reservation: instance.reservation }] : [];
  });
  refuseMissing(ids.filter((id) => !seen.some(({ view }) => view.InstanceId === id)));
  const { items, ...rest } = takePage(applyFilters(seen, input.Filters, filters), input);
  const reservations = [...Map.groupBy(items, ({ reservation }) => reservation)];
  return {
    Reservations: reservations.map(([id, members]) => ({
      ReservationId: id,
      OwnerId: room.cloud.account,
      Groups: [],
      Instances: members.map(({ view }) => view),
    })),
    ...rest,
  };
}
