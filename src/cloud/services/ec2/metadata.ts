import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import type { RoleCredentials } from './role-credentials.ts';
import type { Instance } from './instance.ts';

export interface MetadataRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface MetadataAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const longestTokenSeconds = 21_600;
const missing: MetadataAnswer = { status: 404, body: 'Not Found' };
const text = (body: string): MetadataAnswer => ({ status: 200, body });

/** The instance metadata service of one machine, version 2, and version 1 where the launch allows it. */
export function createMetadata(instance: Instance, clock: Clock, credentials: RoleCredentials, region: string, account: string) {
  const tokens = new Map<string, number>();
  const { metadata } = instance.plan;

  const giveToken = ({ headers }: MetadataRequest): MetadataAnswer => {
    if (headers['x-forwarded-for'] !== undefined) return { status: 403, body: 'Forbidden' };
    const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds'] ?? Number.NaN);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestTokenSeconds) return { status: 400, body: 'Bad Request' };
    const token = randomBytes(42).toString('base64url');
    tokens.set(token, clock.now().getTime() + seconds * 1000);
    return { ...text(token), headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(seconds) } };
  };
  const mayRead = ({ headers }: MetadataRequest): boolean => {
    const token = headers['x-aws-ec2-metadata-token'];
    if (token === undefined) return !metadata.tokenRequired;
    return (tokens.get(String(token)) ?? 0) > clock.now().getTime();
  };

  return (request: MetadataRequest): MetadataAnswer => {
    if (!metadata.enabled) return { status: 403, body: 'Forbidden' };
    if (request.path === '/latest/api/token')
      return request.method === 'PUT' ? giveToken(request) : { status: 405, body: 'Method Not Allowed' };
    if (request.method !== 'GET') return { status: 405, body: 'Method Not Allowed' };
    if (!mayRead(request)) return { status: 401, body: 'Unauthorized' };
    const tree = listMetadata(instance, credentials, region, account);
    return read(tree, request.path);
  };
}

/** A leaf's text, or the names below a folder. */
function read(tree: ReadonlyMap<string, () => string>, path: string): MetadataAnswer {
  const leaf = tree.get(path.replace(/\/$/, ''));
  if (leaf) return text(leaf());
  const folder = path.endsWith('/') ? path : `${path}/`;
  const below = [...tree.keys()].filter((key) => key.startsWith(folder)).map((key) => key.slice(folder.length));
  if (below.length === 0) return missing;
  const names = below.map((key) => (key.includes('/') ? `${key.split('/')[0]}/` : key));
  return text([...new Set(names)].join('\n'));
}

function listMetadata(
  instance: Instance,
  credentials: RoleCredentials,
  region: string,
  account: string,
): Map<string, () => string> {
  const { plan, address, state, tags } = instance;
  const { profile, userData } = plan;
  const meta: Record<string, string> = {
    'ami-id': plan.image.id,
    hostname: `ip-${address.replaceAll('.', '-')}.ec2.internal`,
    'instance-id': instance.id,
    'instance-life-cycle': plan.market,
    'instance-type': plan.instanceType,
    'local-hostname': `ip-${address.replaceAll('.', '-')}.ec2.internal`,
    'local-ipv4': address,
    'placement/availability-zone': plan.subnet.zone,
    'placement/region': region,
    'reservation-id': instance.reservation,
    'security-groups': plan.groups.map(({ name }) => name).join('\n'),
  };
  const leaves = new Map(Object.entries(meta).map(([key, value]) => [`/latest/meta-data/${key}`, () => value]));
  if (profile) {
    leaves.set('/latest/meta-data/iam/info', () => json(credentials.info()));
    leaves.set(`/latest/meta-data/iam/security-credentials/${credentials.roleName}`, () => json(credentials.read()));
  }
  if (state.interruptedAt) {
    const time = seconds(state.interruptedAt);
    leaves.set('/latest/meta-data/spot/instance-action', () => JSON.stringify({ action: 'terminate', time }));
    leaves.set('/latest/meta-data/spot/termination-time', () => time);
  }
  if (plan.metadata.tags) for (const [key, value] of tags) leaves.set(`/latest/meta-data/tags/instance/${key}`, () => value);
  if (userData) leaves.set('/latest/user-data', () => userData.toString('latin1'));
  leaves.set('/latest/dynamic/instance-identity/document', () => json(identify(instance, region, account)));
  return leaves;
}

const identify = ({ id, plan, address, state }: Instance, region: string, account: string) => ({
  accountId: account,
  architecture: 'x86_64',
  availabilityZone: plan.subnet.zone,
  imageId: plan.image.id,
  instanceId: id,
  instanceType: plan.instanceType,
  pendingTime: seconds(state.launched),
  privateIp: address,
  region,
  version: '2017-09-30',
});

const seconds = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;
const json = (value: unknown) => JSON.stringify(value, undefined, 2);
