import { z } from 'zod';
import type { RolePermissions } from './ports.ts';

type Permissions = Extract<RolePermissions, { kind: 'read' }>;

/** Policies of AWS that are for people and whole services, not for one model: by what their names say, since AWS adds new ones. */
const broadName = /FullAccess(?:V\d+)?$|(?:Administrator|PowerUser|^ReadOnly)Access$|^AmazonS3ReadOnlyAccess$|Administrator$/;

/**
 * Names of the policies that let a role do far more than one model needs: policies of AWS that open a whole service or account,
 * and inline ones with a statement that allows every action, or all of a service, on everything without a condition. Pure.
 * An account's own managed policies are not looked into.
 */
export function findBroadPolicies({ attached, inline }: Permissions): string[] {
  const ofAws = attached
    .filter((arn) => /^arn:[\w-]+:iam::aws:policy\//.test(arn))
    .map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
  return [
    ...ofAws.filter((name) => broadName.test(name)),
    ...inline.filter(({ document }) => isBroad(document)).map(({ name }) => `${name} (inline)`),
  ];
}

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const statement = z.object({
  Effect: z.string(),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  Condition: z.unknown().optional(),
});
const policy = z.object({ Statement: z.union([statement.transform((one) => [one]), z.array(statement)]) });

function isBroad(document: unknown): boolean {
  const { data } = policy.safeParse(document);
  return (data?.Statement ?? []).some(({ Effect, Action = [], NotAction, Resource = [], Condition }) => {
    const everything = NotAction !== undefined || Action.some((action) => /^(?:\*|[\w-]+:\*)$/.test(action));
    return Effect === 'Allow' && everything && Resource.includes('*') && Condition === undefined;
  });
}
