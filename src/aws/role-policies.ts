import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, paginateListAttachedRolePolicies } from '@aws-sdk/client-iam';
import type { RolePolicies } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call } from './errors.ts';

/** Nothing depends on the answer but a warning: an IAM that is slow or refuses holds no release up. */
const maxAttempts = 4;

export function createRolePolicies(clients: Clients): RolePolicies {
  const iam = clients.of(IAMClient, { maxAttempts });

  async function listAttached(RoleName: string): Promise<string[]> {
    const arns: string[] = [];
    for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName }))
      arns.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
    return arns;
  }

  /** A role has at most 10,240 characters of inline policies: one page. */
  async function listInline(RoleName: string, resource: string): Promise<{ name: string; document: unknown }[]> {
    const { PolicyNames: names = [] } = await call({ action: 'iam:ListRolePolicies', resource }, () =>
      iam.send(new ListRolePoliciesCommand({ RoleName })),
    );
    return Promise.all(
      names.map(async (PolicyName) => {
        const { PolicyDocument: text = '' } = await call({ action: 'iam:GetRolePolicy', resource }, () =>
          iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
        );
        return { name: PolicyName, document: parseDocument(text) };
      }),
    );
  }

  return {
    async read(roleArn) {
      const name = roleArn.slice(roleArn.lastIndexOf('/') + 1);
      const resource = `the role ${name}`;
      try {
        const [attached, inline] = await Promise.all([
          call({ action: 'iam:ListAttachedRolePolicies', resource }, () => listAttached(name)),
          listInline(name, resource),
        ]);
        return { kind: 'read', attached, inline };
      } catch (error) {
        return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** IAM percent-encodes documents. */
function parseDocument(text: string): unknown {
  return JSON.parse(decodeURIComponent(text)) as unknown;
}
