import type * as ec2 from '@aws-sdk/client-ec2';
import { applyFilters } from './filters.ts';
import type { Instance } from './instance.ts';
import { takePage } from './page.ts';
import { checkId, refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import type { SpotRequest } from './spot-requests.ts';
import { viewTags } from './view-instance.ts';
import type { Volume } from './volumes.ts';

/** What machines hold: volumes and spot requests, by operation. */
export function createHoldingHandlers(room: Ec2Room) {
  const { clock } = room.cloud;
  const spotRequests = (ids: readonly string[] = []) => {
    const all = room.table
      .all()
      .flatMap((instance) => (instance.spot ? [{ instance, spot: instance.spot, tags: instance.spot.tags }] : []));
    const missing = ids.find((id) => !all.some(({ spot }) => spot.id === id));
    if (missing !== undefined)
      throw refuse('InvalidSpotInstanceRequestID.NotFound', `The spot instance request ID '${missing}' does not exist`);
    return ids.length === 0 ? all : all.filter(({ spot }) => ids.includes(spot.id));
  };
  return {
    DescribeVolumes: (input: ec2.DescribeVolumesRequest): ec2.DescribeVolumesResult => {
      refuseDryRun(input.DryRun);
      const ids = input.VolumeIds ?? [];
      for (const id of ids) checkId(id, 'vol', 'InvalidVolumeID');
      const all = room.table.all().flatMap(({ volume }) => (volume.state === 'deleted' ? [] : [volume]));
      const missing = ids.find((id) => !all.some((volume) => volume.id === id));
      if (missing !== undefined) throw refuse('InvalidVolume.NotFound', `The volume '${missing}' does not exist.`);
      const chosen = ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
      const found = applyFilters(chosen, input.Filters, {
        'attachment.instance-id': ({ state, instance }) => [state === 'in-use' ? instance : undefined],
        'availability-zone': ({ plan }) => [plan.zone],
        status: ({ state }) => [state],
        'volume-id': ({ id }) => [id],
        'volume-type': ({ plan }) => [plan.type],
      });
      const { items, ...rest } = takePage(found, input);
      return { Volumes: items.map(viewVolume), ...rest };
    },
    DescribeSpotInstanceRequests: (input: ec2.DescribeSpotInstanceRequestsRequest): ec2.DescribeSpotInstanceRequestsResult => {
      refuseDryRun(input.DryRun);
      const found = applyFilters(spotRequests(input.SpotInstanceRequestIds), input.Filters, {
        'instance-id': ({ instance }) => [instance.id],
        'spot-instance-request-id': ({ spot }) => [spot.id],
        state: ({ spot }) => [spot.state],
        'status-code': ({ spot }) => [spot.status.code],
      });
      const { items, ...rest } = takePage(found, input);
      return { SpotInstanceRequests: items.map(({ spot, instance }) => viewSpotRequest(spot, instance)), ...rest };
    },
    CancelSpotInstanceRequests: (input: ec2.CancelSpotInstanceRequestsRequest): ec2.CancelSpotInstanceRequestsResult => {
      const found = spotRequests(input.SpotInstanceRequestIds);
      refuseDryRun(input.DryRun);
      for (const { spot } of found) spot.cancel(clock.now());
      return {
        CancelledSpotInstanceRequests: found.map(({ spot }) => ({ SpotInstanceRequestId: spot.id, State: spot.state })),
      };
    },
  };
}

function viewVolume({ id, plan, state, created, instance, tags }: Volume): ec2.Volume {
  const attachment = {
    AttachTime: created,
    DeleteOnTermination: plan.deleteOnTermination,
    Device: plan.device,
    InstanceId: instance,
    State: 'attached' as const,
    VolumeId: id,
  };
  return {
    Attachments: state === 'in-use' ? [attachment] : [],
    AvailabilityZone: plan.zone,
    CreateTime: created,
    Encrypted: plan.encrypted,
    ...(plan.kmsKey !== undefined && { KmsKeyId: plan.kmsKey }),
    Size: plan.sizeGb,
    SnapshotId: plan.snapshot,
    State: state,
    Tags: viewTags(tags),
    VolumeId: id,
    VolumeType: plan.type,
  };
}

function viewSpotRequest(spot: SpotRequest, { id, plan }: Instance): ec2.SpotInstanceRequest {
  return {
    CreateTime: spot.created,
    InstanceId: id,
    LaunchSpecification: { ImageId: plan.image.id, InstanceType: plan.instanceType, SubnetId: plan.subnet.id },
    LaunchedAvailabilityZone: plan.subnet.zone,
    ProductDescription: 'Linux/UNIX',
    SpotInstanceRequestId: spot.id,
    ...(spot.maxPrice !== '' && { SpotPrice: spot.maxPrice }),
    State: spot.state,
    Status: { Code: spot.status.code, Message: spot.status.message, UpdateTime: spot.status.at },
    Tags: viewTags(spot.tags),
    Type: 'one-time',
    InstanceInterruptionBehavior: 'terminate',
  };
}
