import { conditionHolds } from './conditions.ts';
import { type FindVariable, matchesPattern } from './pattern.ts';
import { asList, type Condition, malformed, readConditions, readEffect, readStatements } from './statements.ts';

/** What a request asks to do to one resource. */
export interface Access {
  /** `s3:GetObject`. */
  readonly action: string;
  /** ARN, or `*` for actions that have none. */
  readonly resource: string;
  /** Condition keys, lower case: `s3:prefix`, `aws:requesttag/team`. */
  readonly context: Context;
}

export type Context = Readonly<Record<string, readonly string[]>>;

/** Patterns of `Action` or `Resource`; `except`: those of `NotAction` or `NotResource`. */
interface Patterns {
  readonly except: boolean;
  readonly patterns: readonly string[];
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Patterns;
  readonly resources: Patterns;
  readonly conditions: readonly Condition[];
}

/** A policy of an identity: what a role may do. */
export type IdentityPolicy = readonly Statement[];

/** Reads the document of an identity's policy. Throws MalformedPolicyDocument, saying what is wrong. */
export function parseIdentityPolicy(document: unknown): IdentityPolicy {
  return readStatements(document).map((statement) => {
    if (statement['Principal'] !== undefined || statement['NotPrincipal'] !== undefined)
      throw malformed('Policy document should not specify a principal.');
    return {
      effect: readEffect(statement),
      actions: readPatterns(statement, 'Action', 'actions'),
      resources: readPatterns(statement, 'Resource', 'resources'),
      conditions: readConditions(statement),
    };
  });
}

function readPatterns(statement: Record<string, unknown>, name: 'Action' | 'Resource', plural: string): Patterns {
  const [only, except] = [statement[name], statement[`Not${name}`]];
  const patterns = asList(only ?? except).map(String);
  if ((only === undefined) === (except === undefined) || patterns.length === 0)
    throw malformed(`Policy statement must contain ${plural}.`);
  return { except: only === undefined, patterns };
}

/** `implicit deny`: no statement allows it. A Deny that matches wins over every Allow. */
export type Verdict = 'allow' | 'implicit deny' | 'explicit deny';

export function evaluate(policies: readonly IdentityPolicy[], access: Access): Verdict {
  const find: FindVariable = (name) => {
    const [value, ...more] = access.context[name.toLowerCase()] ?? [];
    return more.length === 0 ? value : undefined;
  };
  const matching = policies.flat().filter((statement) => concerns(statement, access, find));
  if (matching.some(({ effect }) => effect === 'Deny')) return 'explicit deny';
  return matching.length > 0 ? 'allow' : 'implicit deny';
}

function concerns({ actions, resources, conditions }: Statement, access: Access, find: FindVariable): boolean {
  const isAction = (pattern: string) => matchesPattern(pattern.toLowerCase(), access.action.toLowerCase());
  const isResource = (pattern: string) => matchesPattern(pattern, access.resource, find);
  return (
    actions.patterns.some(isAction) !== actions.except &&
    resources.patterns.some(isResource) !== resources.except &&
    conditions.every(({ operator, key, values }) => conditionHolds(operator, values, access.context[key.toLowerCase()], find))
  );
}
