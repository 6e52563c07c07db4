import type * as ec2 from '@aws-sdk/client-ec2';
import { applyFilters } from './filters.ts';
import { takePage } from './page.ts';
import { refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import { viewTags } from './view-instance.ts';

/** The default network of the region, by operation. */
export function createNetworkHandlers({ cloud, network }: Ec2Room) {
  const { vpc, subnets, groups } = network;
  return {
    DescribeVpcs: (input: ec2.DescribeVpcsRequest): ec2.DescribeVpcsResult => {
      refuseDryRun(input.DryRun);
      const all = choose([{ id: vpc, tags: new Map<string, string>() }], input.VpcIds, 'InvalidVpcID.NotFound', 'vpc ID');
      const found = applyFilters(all, input.Filters, { 'vpc-id': ({ id }) => [id], 'is-default': () => ['true'] });
      const Vpcs = found.map(({ id }) => ({
        VpcId: id,
        IsDefault: true,
        State: 'available' as const,
        CidrBlock: '172.31.0.0/16',
      }));
      return { Vpcs };
    },
    DescribeSubnets: (input: ec2.DescribeSubnetsRequest): ec2.DescribeSubnetsResult => {
      refuseDryRun(input.DryRun);
      const found = applyFilters(choose(subnets, input.SubnetIds, 'InvalidSubnetID.NotFound', 'subnet ID'), input.Filters, {
        'availability-zone': ({ zone }) => [zone],
        'default-for-az': ({ isDefault }) => [String(isDefault)],
        'subnet-id': ({ id }) => [id],
        'vpc-id': () => [vpc],
      });
      const { items, ...rest } = takePage(found, input);
      const Subnets = items.map((subnet): ec2.Subnet => ({
        AvailabilityZone: subnet.zone,
        AvailableIpAddressCount: 4091,
        CidrBlock: subnet.cidr,
        DefaultForAz: subnet.isDefault,
        MapPublicIpOnLaunch: subnet.isDefault,
        OwnerId: cloud.account,
        State: 'available',
        SubnetArn: `arn:aws:ec2:${cloud.region}:${cloud.account}:subnet/${subnet.id}`,
        SubnetId: subnet.id,
        VpcId: vpc,
      }));
      return { Subnets, ...rest };
    },
    DescribeSecurityGroups: (input: ec2.DescribeSecurityGroupsRequest): ec2.DescribeSecurityGroupsResult => {
      refuseDryRun(input.DryRun);
      const found = applyFilters(choose(groups, input.GroupIds, 'InvalidGroup.NotFound', 'security group'), input.Filters, {
        'group-id': ({ id }) => [id],
        'group-name': ({ name }) => [name],
        'vpc-id': () => [vpc],
      });
      const { items, ...rest } = takePage(found, input);
      const SecurityGroups = items.map((group): ec2.SecurityGroup => ({
        Description: group.name,
        GroupId: group.id,
        GroupName: group.name,
        IpPermissions: [],
        OwnerId: cloud.account,
        Tags: viewTags(group.tags),
        VpcId: vpc,
      }));
      return { SecurityGroups, ...rest };
    },
  };
}

/** Those asked for by id, or all. @throws for the first that is not there */
function choose<Item extends { readonly id: string }>(
  all: readonly Item[],
  ids: readonly string[] = [],
  code: string,
  what: string,
): readonly Item[] {
  const missing = ids.find((id) => !all.some((one) => one.id === id));
  if (missing !== undefined) throw refuse(code, `The ${what} '${missing}' does not exist`);
  return ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
}
