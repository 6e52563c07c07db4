import type * as ec2 from '@aws-sdk/client-ec2';
import { applyFilters } from './filters.ts';
import { images, type Image } from './images.ts';
import { listTypes, viewType } from './instance-types.ts';
import { takePage } from './page.ts';
import { checkId, refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';

/** What is there before anything runs: images and instance types, by operation. */
export function createCatalogHandlers(room: Ec2Room) {
  const { region } = room.cloud;
  return {
    DescribeImages: (input: ec2.DescribeImagesRequest): ec2.DescribeImagesResult => {
      refuseDryRun(input.DryRun);
      const ids = input.ImageIds ?? [];
      for (const id of ids) checkId(id, 'ami', 'InvalidAMIID');
      const missing = ids.filter((id) => !images.some((image) => image.id === id));
      if (missing.length > 0) throw refuse('InvalidAMIID.NotFound', `The image id '[${missing.join(', ')}]' does not exist`);
      const owners = input.Owners ?? ['amazon'];
      const asked = images.filter(({ id }) => ids.length === 0 || ids.includes(id));
      const found = applyFilters(owners.includes('amazon') ? asked : [], input.Filters, {
        architecture: () => ['x86_64'],
        'image-id': ({ id }) => [id],
        name: ({ name }) => [name],
        'owner-alias': () => ['amazon'],
        'root-device-type': () => ['ebs'],
        state: () => ['available'],
      });
      const { items, ...rest } = takePage(found, input);
      return { Images: items.map(viewImage), ...rest };
    },
    DescribeInstanceTypes: (input: ec2.DescribeInstanceTypesRequest): ec2.DescribeInstanceTypesResult => {
      refuseDryRun(input.DryRun);
      const asked: readonly string[] = input.InstanceTypes ?? [];
      const all = listTypes().map(([type, shape]) => ({ type, shape, tags: new Map<string, string>() }));
      const missing = asked.filter((type) => !all.some((one) => one.type === type));
      if (missing.length > 0)
        throw refuse('InvalidInstanceType', `The following supplied instance types do not exist: [${missing.join(', ')}]`);
      const chosen = all.filter(({ type }) => asked.length === 0 || asked.includes(type));
      const found = applyFilters(chosen, input.Filters, {
        'instance-type': ({ type }) => [type],
        'processor-info.supported-architecture': () => ['x86_64'],
        'vcpu-info.default-vcpus': ({ shape }) => [String(shape.vcpus)],
      });
      const { items, ...rest } = takePage(found, input);
      return { InstanceTypes: items.map(({ type, shape }) => viewType(type, shape)), ...rest };
    },
    DescribeInstanceTypeOfferings: (input: ec2.DescribeInstanceTypeOfferingsRequest): ec2.DescribeInstanceTypeOfferingsResult => {
      refuseDryRun(input.DryRun);
      const kind = input.LocationType ?? 'region';
      const places = kind === 'region' ? [region] : kind === 'availability-zone' ? room.network.zones : [];
      const all = places.flatMap((place) => listTypes().map(([type]) => ({ type, place, tags: new Map<string, string>() })));
      const found = applyFilters(all, input.Filters, { 'instance-type': ({ type }) => [type], location: ({ place }) => [place] });
      const { items, ...rest } = takePage(found, input);
      const offerings = items.map(({ type, place }) => ({ InstanceType: type, Location: place, LocationType: kind }));
      return { InstanceTypeOfferings: offerings, ...rest };
    },
  };
}

function viewImage(image: Image): ec2.Image {
  return {
    Architecture: 'x86_64',
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: false,
          SnapshotId: image.snapshot,
          VolumeSize: image.snapshotGb,
          VolumeType: 'gp3',
        },
      },
    ],
    CreationDate: `${image.created}T00:00:00.000Z`,
    Description: image.description,
    EnaSupport: true,
    Hypervisor: 'xen',
    ImageId: image.id,
    ImageLocation: `amazon/${image.name}`,
    ImageOwnerAlias: 'amazon',
    ImageType: 'machine',
    ImdsSupport: 'v2.0',
    Name: image.name,
    OwnerId: '137112412989',
    PlatformDetails: 'Linux/UNIX',
    Public: true,
    RootDeviceName: image.rootDevice,
    RootDeviceType: 'ebs',
    State: 'available',
    UsageOperation: 'RunInstances',
    VirtualizationType: 'hvm',
  };
}
