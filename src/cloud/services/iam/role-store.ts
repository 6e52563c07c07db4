import type { Tag } from '@aws-sdk/client-iam';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import type { Roles } from '../../contract.ts';
import { type IdentityPolicy, parseIdentityPolicy } from './evaluate.ts';
import { type ManagedPolicy, managedByAws } from './managed-policies.ts';
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
  /** Managed policies of the account and those of AWS that are known here, by ARN. */
  readonly managed: Map<string, ManagedPolicy>;
  /**
   * What a role may do. Undefined: it is not evaluated, and the role may do everything; so it is for a role without any policy, and
   * for one with a policy of AWS whose text is not known here.
   */
  policiesOf(roleName: string): readonly IdentityPolicy[] | undefined;
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

export function createRoleStore({ clock, account }: { clock: Clock; account: string }): RoleStore {
  const byName = new Map<string, Role>();
  const managed = new Map<string, ManagedPolicy>(managedByAws);
  const parsed = new Map<string, IdentityPolicy>();
  const parse = (document: string): IdentityPolicy => {
    const policy = parsed.get(document) ?? parseIdentityPolicy(document);
    parsed.set(document, policy);
    return policy;
  };
  const findByArn = (arn: string) => [...byName.values()].find((role) => role.arn === arn);
  const isKnown = (role: Role) => role.knownFrom <= clock.now();
  return {
    byName,
    managed,
    policiesOf(roleName) {
      const role = byName.get(roleName);
      const attached = [...(role?.attached ?? [])].map((arn) => managed.get(arn)?.document);
      const documents = [...(role?.inline.values() ?? []), ...attached].filter((document) => document !== undefined);
      return documents.length === 0 || attached.includes(undefined) ? undefined : documents.map(parse);
    },
    findKnown(arn) {
      const role = findByArn(arn);
      return role && isKnown(role) ? role : undefined;
    },
    add({ arn, trust, policies = {} }) {
      if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(arn))
        throw new Error(`${arn} is not the ARN of a role (arn:aws:iam::<account>:role/<name>).`);
      const created = clock.now();
      const inline = new Map(Object.entries(policies).map(([name, document]) => [name, JSON.stringify(document)]));
      for (const document of inline.values()) parse(document);
      const role = createRole({
        arn,
        created,
        knownFrom: created,
        trustDocument: typeof trust === 'string' ? trust : JSON.stringify(trust),
        inline,
      });
      byName.set(role.name, role);
    },
    assumableBy(arn, service) {
      const role = findByArn(arn);
      if (!role) return 'no such role';
      // SageMaker says for which account it asks; EC2 and Lambda do not.
      const context = service === 'sagemaker.amazonaws.com' ? { 'aws:sourceaccount': [account] } : {};
      const asker = { kind: 'Service', names: [service], action: 'sts:AssumeRole', context } as const;
      return isKnown(role) && trusts(role.trust, asker) ? 'yes' : 'not trusted';
    },
  };
}

/** The trust policy of a role that services (`sagemaker.amazonaws.com`) may assume. */
export function trustServices(services: readonly string[]): object {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' }] };
}
