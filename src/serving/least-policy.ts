import type { Zone } from '../records/context.ts';
import type { Spec } from '../spec/spec.ts';
import type { CheckedRole } from './record.ts';

/** An IAM policy document, in the order of members in which AWS's console shows them. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What of a spec decides what its roles need. */
export interface PolicyPlace extends Pick<Spec, 'name' | 'data' | 'network' | 'kmsKey'> {
  readonly region: string;
  readonly bucket: string;
  /** Whose jobs run with the training role. */
  readonly zone: Zone['kind'];
}

/** Where things are: an account's part of each ARN. */
interface Account {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/**
 * What a role of the spec needs and no more: the permissions that infra/bootstrap.yml gives it, for the places that this spec names.
 * @returns undefined for an ARN that is not a role's
 */
export function findLeastPolicy(use: CheckedRole['use'], roleArn: string, place: PolicyPlace): PolicyDocument | undefined {
  const [, partition, account] = /^arn:([\w-]+):iam::(\d{12}):role\//.exec(roleArn) ?? [];
  if (partition === undefined || account === undefined) return undefined;
  const at = { partition, account, region: place.region };
  const statements = {
    training: () => [...getRuntime(place, at), ...getTrainingData(place, at), ...getKey(place, at)],
    serving: () => [
      ...getRuntime(place, at),
      ...getBucket(place.bucket, ['trainyard/main', 'trainyard/release'], at),
      ...getKey(place, at),
    ],
    lambda: () => getFunction(place, at),
  }[use]();
  return { Version: '2012-10-17', Statement: statements };
}

const allow = (
  Sid: string,
  Action: Statement['Action'],
  Resource: Statement['Resource'],
  Condition?: Statement['Condition'],
): Statement => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});

/** Pull an image, write log and metrics; as jobs and endpoints both do. */
function getRuntime({ network }: PolicyPlace, { partition, account, region }: Account): Statement[] {
  const logs = `arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/*`;
  const namespaces = { StringLike: { 'cloudwatch:namespace': ['/aws/sagemaker/*', 'AWS/SageMaker'] } };
  return [
    allow('ImageToken', 'ecr:GetAuthorizationToken', '*'),
    allow(
      'Image',
      ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      `arn:${partition}:ecr:${region}:*:repository/*`,
    ),
    allow('Log', ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], logs),
    allow('Metrics', 'cloudwatch:PutMetricData', '*', namespaces),
    ...(network.subnets.length > 0 ? [allow('Network', networkActions, '*')] : []),
  ];
}

const networkActions = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:DeleteNetworkInterfacePermission',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];

const ownPrefixes = { 'pull-request': 'trainyard/pr', main: 'trainyard/main', release: 'trainyard/release' } as const;

/** Code, data and main's models are read; only the prefix of the job's own zone is written. */
function getTrainingData({ bucket, data, zone }: PolicyPlace, at: Account): Statement[] {
  const own = ownPrefixes[zone];
  const places = Object.values(data).flatMap(({ from, to }) => readUri(to ?? (from.kind === 's3' ? from.uri : '')) ?? []);
  const prefixesOf = (name: string) => [...new Set(places.filter((one) => one.bucket === name).map(({ prefix }) => prefix))];
  const others = [...new Set(places.map((one) => one.bucket))].filter((name) => name !== bucket);
  return [
    ...getBucket(bucket, [...new Set([own, 'trainyard/main', ...prefixesOf(bucket)])], at),
    allow('Write', ['s3:PutObject', 's3:AbortMultipartUpload'], `arn:${at.partition}:s3:::${bucket}/${own}/*`),
    ...others.flatMap((name, index) => getBucket(name, prefixesOf(name), at, `Data${index + 1}`)),
  ];
}

/** @param prefixes without a slash at their ends; '' is all of the bucket */
function getBucket(bucket: string, prefixes: readonly string[], { partition }: Account, sid = ''): Statement[] {
  const below = prefixes.map((prefix) => (prefix === '' ? '*' : `${prefix}/*`));
  const arn = `arn:${partition}:s3:::${bucket}`;
  return [
    allow(`${sid}List`, 's3:ListBucket', arn, { StringLike: { 's3:prefix': below } }),
    allow(
      `${sid}Read`,
      's3:GetObject',
      below.map((path) => `${arn}/${path}`),
    ),
  ];
}

function readUri(uri: string): { bucket: string; prefix: string } | undefined {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(uri) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: prefix.replace(/\/+$/, '') };
}

/** The key of volumes and objects; an alias is not a resource, so it is a condition. */
function getKey({ kmsKey }: PolicyPlace, { partition, account, region }: Account): Statement[] {
  if (kmsKey === undefined) return [];
  const actions = ['kms:CreateGrant', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'];
  const keys = `arn:${partition}:kms:${region}:${account}:key/`;
  const alias = /(?:^|:)(alias\/.+)$/.exec(kmsKey)?.[1];
  if (alias !== undefined)
    return [allow('Key', actions, `${keys}*`, { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } })];
  return [allow('Key', actions, kmsKey.startsWith('arn:') ? kmsKey : `${keys}${kmsKey}`)];
}

/** ARNs of endpoints are in lower case, and so is the name of a spec. */
function getFunction({ name }: PolicyPlace, { partition, account, region }: Account): Statement[] {
  const group = `arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/${name}-*`;
  return [
    allow('Invoke', 'sagemaker:InvokeEndpoint', `arn:${partition}:sagemaker:${region}:${account}:endpoint/${name}-*`),
    allow('Log', ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], [group, `${group}:*`]),
  ];
}
