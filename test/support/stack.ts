import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { renderTemplate } from './template.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const document = z.object({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string(),
      Effect: z.enum(['Allow', 'Deny']),
      Action: oneOrMore,
      Resource: oneOrMore,
      Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
    }),
  ),
});
/** A policy of the stack. */
export type StackPolicy = z.infer<typeof document>;

/** A role as the stack makes it. */
interface StackRole {
  readonly arn: string;
  readonly trust: object;
  /** By name, those of managed policies included. */
  readonly policies: Readonly<Record<string, StackPolicy>>;
}

export interface Stack {
  readonly roles: ReadonlyMap<string, StackRole>;
  /** Instance profiles by their names in the template, each with its role's ARN. */
  readonly profiles: readonly { readonly name: string; readonly role: string }[];
}

const role = z.object({
  AssumeRolePolicyDocument: z.record(z.string(), z.unknown()),
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument: document })).default([]),
});
const managedPolicy = z.object({ PolicyDocument: document });
const profile = z.object({ Roles: z.tuple([z.string()]) });

const path = join(import.meta.dirname, '../../infra/bootstrap.yml');

export const arnOf = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

/** The roles and instance profiles that infra/bootstrap.yml gives an account. */
export function renderStack(parameters: Readonly<Record<string, string>>): Stack {
  const list = renderTemplate(readFileSync(path, 'utf8'), parameters);
  const managed = new Map(
    list('AWS::IAM::ManagedPolicy').map(({ name, properties }) => [name, managedPolicy.parse(properties).PolicyDocument]),
  );
  const findManaged = (name: string): [string, StackPolicy] => {
    const policy = managed.get(name);
    if (!policy) throw new Error(`The stack makes no policy ${name}.`);
    return [name, policy];
  };
  const roles = list('AWS::IAM::Role').map(({ name, properties }): [string, StackRole] => {
    const { AssumeRolePolicyDocument: trust, ManagedPolicyArns: shared, Policies: inline } = role.parse(properties);
    const own = inline.map(({ PolicyName, PolicyDocument }): [string, StackPolicy] => [PolicyName, PolicyDocument]);
    return [name, { arn: arnOf(name), trust, policies: Object.fromEntries([...shared.map(findManaged), ...own]) }];
  });
  const profiles = list('AWS::IAM::InstanceProfile').map(({ name, properties }) => ({
    name,
    role: arnOf(profile.parse(properties).Roles[0]),
  }));
  return { roles: new Map(roles), profiles };
}

export interface Reduced {
  /** What it lacks. */
  readonly without: string;
  readonly policies: Readonly<Record<string, StackPolicy>>;
}

type Statement = StackPolicy['Statement'][number];

/** A role's policies, each time without one thing: a statement, or an action, a resource or a condition's value of one. */
export function listReduced(policies: Readonly<Record<string, StackPolicy>>): Reduced[] {
  return Object.entries(policies).flatMap(([name, policy]) =>
    policy.Statement.flatMap((statement, index) =>
      reduceStatement(statement).map(({ what, left }) => ({
        without: [name, statement.Sid, what].filter(Boolean).join(' '),
        policies: { ...policies, [name]: { ...policy, Statement: policy.Statement.toSpliced(index, 1, ...left) } },
      })),
    ),
  );
}

function reduceStatement(statement: Statement): { what: string; left: Statement[] }[] {
  const members = (['Action', 'Resource'] as const).flatMap((member) =>
    leaveOneOut(statement[member]).map(({ one, others }) => ({ what: one, left: [{ ...statement, [member]: others }] })),
  );
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, values]) =>
      leaveOneOut(values).map(({ one, others }) => ({
        what: `${key} ${one}`,
        left: [{ ...statement, Condition: { ...statement.Condition, [operator]: { ...keys, [key]: others } } }],
      })),
    ),
  );
  return [{ what: '', left: [] }, ...members, ...conditions];
}

/** Nothing of a list of one: without it, the statement is gone. */
function leaveOneOut(all: readonly string[]): { one: string; others: string[] }[] {
  if (all.length < 2) return [];
  return all.map((one) => ({ one, others: all.filter((other) => other !== one) }));
}
