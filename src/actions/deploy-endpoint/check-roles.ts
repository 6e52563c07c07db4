import { findBroadPolicies } from '../../serving/broad-policies.ts';
import type { RolePolicies } from '../../serving/ports.ts';
import type { CheckedRole } from '../../serving/record.ts';
import type { Spec } from '../../spec/spec.ts';

const uses = ['training', 'serving', 'lambda'] as const;

/** Looks whether the roles of the spec may do far more than they need. Only looks: it refuses nothing and never throws. */
export function checkRoles({ roles }: Pick<Spec, 'roles'>, policies: RolePolicies): Promise<CheckedRole[]> {
  const named = uses.flatMap((use) => (roles[use] === undefined ? [] : [{ use, arn: roles[use] }]));
  return Promise.all(
    named.map(async ({ use, arn }) => {
      const seen = await policies.read(arn);
      return { use, arn, policies: seen.kind === 'read' ? { kind: seen.kind, broad: findBroadPolicies(seen) } : seen };
    }),
  );
}

/** One sentence for each role that may do too much. */
export function describeBroadRoles(roles: readonly CheckedRole[]): string[] {
  return roles.flatMap(({ use, arn, policies }) =>
    policies.kind === 'read' && policies.broad.length > 0
      ? [
          `roles.${use} (${arn}) has ${policies.broad.join(', ')}: far more than this model needs. The report of this run has the policy to put instead.`,
        ]
      : [],
  );
}
