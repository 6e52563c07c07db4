import { idOf } from './ids.ts';
import type { Ec2Options } from './options.ts';

export interface Subnet {
  readonly id: string;
  /** With the region: `us-east-1a`. */
  readonly zone: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tags: ReadonlyMap<string, string>;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** The default VPC of a region: a default subnet in each of three zones, the default security group, and what the options add. */
export interface Network {
  readonly vpc: string;
  readonly zones: readonly string[];
  readonly subnets: readonly Subnet[];
  readonly groups: readonly SecurityGroup[];
}

const letters = ['a', 'b', 'c'];

export function createNetwork(region: string, options: Ec2Options): Network {
  const vpc = idOf('vpc', region);
  const makeSubnet = (id: string, letter: string, index: number, isDefault: boolean): Subnet => ({
    id,
    zone: `${region}${letter}`,
    cidr: `172.31.${index * 16}.0/20`,
    isDefault,
    tags: new Map(),
  });
  const defaults = letters.map((letter, index) => makeSubnet(idOf('subnet', `${region}${letter}`), letter, index, true));
  const added = (options.subnets ?? []).map(({ id, zone = 'a' }, index) => makeSubnet(id, zone, letters.length + index, false));
  const groups = [idOf('sg', region), ...(options.securityGroups ?? [])].map((id, index) => ({
    id,
    name: index === 0 ? 'default' : id,
    tags: new Map<string, string>(),
  }));
  return { vpc, zones: letters.map((letter) => `${region}${letter}`), subnets: [...defaults, ...added], groups };
}
