import type * as ec2 from '@aws-sdk/client-ec2';
import type * as ssm from '@aws-sdk/client-ssm';
import type { Access, Context } from '../evaluate.ts';
import { access, anywhere, type AccessTable, arnOf, pairs, passRole, requestTags, type Scope } from './scope.ts';

/** Kind of a resource by the prefix of its id, where it is not the id's own. */
const kinds: Readonly<Record<string, string>> = {
  i: 'instance',
  vol: 'volume',
  eni: 'network-interface',
  sir: 'spot-instances-request',
  sg: 'security-group',
  subnet: 'subnet',
};
const arn = (scope: Scope, kind: string, id = '*') => arnOf(scope, 'ec2', `${kind}/${id}`);
const arnOfId = (scope: Scope, id: string) => arn(scope, kinds[id.slice(0, id.lastIndexOf('-'))] ?? '*', id);

const onEach =
  (action: string) =>
  (ids: readonly string[] = [], scope: Scope, context: Context = {}) =>
    ids.map((id) => access(`ec2:${action}`, arnOfId(scope, id), context));

/** Everything a launch makes and everything it uses must be allowed; whatever gets tags must be allowed to get them. */
function run(input: ec2.RunInstancesRequest, scope: Scope): Access[] {
  const tagsOf = (kind: string) =>
    (input.TagSpecifications ?? []).filter(({ ResourceType }) => ResourceType === kind).flatMap(({ Tags }) => pairs(Tags));
  const spot = input.InstanceMarketOptions?.MarketType === 'spot';
  const made = ['instance', 'volume', 'network-interface', ...(spot ? ['spot-instances-request'] : [])];
  const launch: Context = {
    ...(input.InstanceType === undefined ? {} : { 'ec2:instancetype': [input.InstanceType] }),
    ...(spot ? { 'ec2:instancemarkettype': ['spot'] } : {}),
    ...(input.MetadataOptions?.HttpTokens === undefined ? {} : { 'ec2:metadatahttptokens': [input.MetadataOptions.HttpTokens] }),
  };
  const groups = input.SecurityGroupIds?.length ? input.SecurityGroupIds : ['*'];
  return [
    ...made.map((kind) =>
      access('ec2:RunInstances', arn(scope, kind), { ...requestTags(tagsOf(kind)), ...(kind === 'instance' ? launch : {}) }),
    ),
    // Public images have no account.
    access('ec2:RunInstances', `arn:aws:ec2:${scope.region}::image/${input.ImageId ?? '*'}`),
    access('ec2:RunInstances', arn(scope, 'subnet', input.SubnetId)),
    ...groups.map((id) => access('ec2:RunInstances', arn(scope, 'security-group', id))),
    ...(input.KeyName === undefined ? [] : [access('ec2:RunInstances', arn(scope, 'key-pair', input.KeyName))]),
    ...made
      .filter((kind) => tagsOf(kind).length > 0)
      .map((kind) =>
        access('ec2:CreateTags', arn(scope, kind), { ...requestTags(tagsOf(kind)), 'ec2:createaction': ['RunInstances'] }),
      ),
    ...passRole(findRole(input.IamInstanceProfile, scope), 'ec2.amazonaws.com'),
  ];
}

function findRole(profile: ec2.IamInstanceProfileSpecification | undefined, scope: Scope): string | undefined {
  const name = profile?.Arn ?? profile?.Name;
  return name === undefined ? undefined : scope.roleOfProfile(name);
}

export const ec2Access = {
  CancelSpotInstanceRequests: (input: ec2.CancelSpotInstanceRequestsRequest, scope: Scope) =>
    onEach('CancelSpotInstanceRequests')(input.SpotInstanceRequestIds, scope),
  CreateTags: (input: ec2.CreateTagsRequest, scope: Scope) =>
    onEach('CreateTags')(input.Resources, scope, requestTags(pairs(input.Tags))),
  DeleteTags: (input: ec2.DeleteTagsRequest, scope: Scope) =>
    onEach('DeleteTags')(input.Resources, scope, { 'aws:tagkeys': (input.Tags ?? []).flatMap(({ Key }) => Key ?? []) }),
  DescribeImages: anywhere('ec2:DescribeImages'),
  DescribeInstanceTypeOfferings: anywhere('ec2:DescribeInstanceTypeOfferings'),
  DescribeInstanceTypes: anywhere('ec2:DescribeInstanceTypes'),
  DescribeInstances: anywhere('ec2:DescribeInstances'),
  DescribeSecurityGroups: anywhere('ec2:DescribeSecurityGroups'),
  DescribeSpotInstanceRequests: anywhere('ec2:DescribeSpotInstanceRequests'),
  DescribeSpotPriceHistory: anywhere('ec2:DescribeSpotPriceHistory'),
  DescribeSubnets: anywhere('ec2:DescribeSubnets'),
  DescribeTags: anywhere('ec2:DescribeTags'),
  DescribeVolumes: anywhere('ec2:DescribeVolumes'),
  DescribeVpcs: anywhere('ec2:DescribeVpcs'),
  GetConsoleOutput: (input: ec2.GetConsoleOutputRequest, scope: Scope) =>
    onEach('GetConsoleOutput')(input.InstanceId === undefined ? [] : [input.InstanceId], scope),
  RunInstances: run,
  StopInstances: (input: ec2.StopInstancesRequest, scope: Scope) => onEach('StopInstances')(input.InstanceIds, scope),
  TerminateInstances: (input: ec2.TerminateInstancesRequest, scope: Scope) =>
    onEach('TerminateInstances')(input.InstanceIds, scope),
} satisfies AccessTable;

/** Public parameters have no account. */
const parameterArn = (scope: Scope, name: string) => {
  const path = name.startsWith('/') ? name : `/${name}`;
  return `arn:aws:ssm:${scope.region}:${path.startsWith('/aws/service/') ? '' : scope.account}:parameter${path}`;
};

export const ssmAccess = {
  GetParameter: (input: ssm.GetParameterRequest, scope: Scope) => [
    access('ssm:GetParameter', parameterArn(scope, input.Name ?? '')),
  ],
  GetParameters: (input: ssm.GetParametersRequest, scope: Scope) =>
    (input.Names ?? []).map((name) => access('ssm:GetParameters', parameterArn(scope, name))),
} satisfies AccessTable;
