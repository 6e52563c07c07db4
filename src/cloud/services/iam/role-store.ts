import type { Tag } from '@aws-sdk/client-iam';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import type { Roles, Weather } from '../../contract.ts';
import { parseTrust, type TrustPolicy, trusts } from './trust.ts';

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly path: string;
  readonly created: Date;
  readonly description: string | undefined;
  readonly maxSessionSeconds: number;
  readonly tags: readonly Tag[];
  /** As it was given. */
  readonly trustDocument: string;
  readonly trust: TrustPolicy;
  /** ARNs of managed policies. */
  readonly attached: Set<string>;
  /** Documents by name. */
  readonly inline: Map<string, string>;
  /** From when its trust counts: new and changed roles take a while to be known everywhere. */
  readonly knownFrom: Date;
}

export interface RoleStore extends Roles {
  readonly byName: Map<string, Role>;
  /** The role when it exists and is known everywhere by now. */
  findKnown(arn: string): Role | undefined;
}

const defaultSessionSeconds = 3600;

export function createRole(role: Pick<Role, 'arn' | 'created' | 'knownFrom'> & Partial<Role> & { trustDocument: string }): Role {
  const [, path = '/', name = ''] = /:role(\/(?:.*\/)?)([^/]+)$/.exec(role.arn) ?? [];
  return {
    name,
    path,
    id: `AROA${randomBytes(10).toString('hex').toUpperCase().slice(0, 17)}`,
    description: undefined,
    maxSessionSeconds: defaultSessionSeconds,
    tags: [],
    trust: parseTrust(role.trustDocument),
    attached: new Set(),
    inline: new Map(),
    ...role,
  };
}

export function createRoleStore({ clock }: { clock: Clock; weather: Weather }): RoleStore {
  const byName = new Map<string, Role>();
  const findByArn = (arn: string) => [...byName.values()].find((role) => role.arn === arn);
  const isKnown = (role: Role) => role.knownFrom <= clock.now();
  return {
    byName,
    findKnown(arn) {
      const role = findByArn(arn);
      return role && isKnown(role) ? role : undefined;
    },
    add({ arn, trust }) {
      if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(arn))
        throw new Error(`${arn} is not the ARN of a role (arn:aws:iam::<account>:role/<name>).`);
      const created = clock.now();
      const role = createRole({
        arn,
        created,
        knownFrom: created,
        trustDocument: typeof trust === 'string' ? trust : JSON.stringify(trust),
      });
      byName.set(role.name, role);
    },
    assumableBy(arn, service) {
      const role = findByArn(arn);
      if (!role) return 'no such role';
      const asker = { kind: 'Service', names: [service], action: 'sts:AssumeRole', context: {} } as const;
      return isKnown(role) && trusts(role.trust, asker) ? 'yes' : 'not trusted';
    },
  };
}

/** The trust policy of a role that services (`sagemaker.amazonaws.com`) may assume. */
export function trustServices(services: readonly string[]): object {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' }] };
}
