import { conditionHolds } from './conditions.ts';
import { asList, type Condition, isRecord, malformed, readConditions, readEffect, readStatements } from './statements.ts';

/** Somebody who asks to assume a role. */
export interface Asker {
  readonly kind: 'AWS' | 'Service' | 'Federated';
  /** ARN, service name, or ARN or host of the identity provider; several when one is known by several. */
  readonly names: readonly string[];
  readonly action: string;
  /** Condition keys, lower case: `token.actions.githubusercontent.com:sub`. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: Readonly<Record<string, readonly string[]>>;
  readonly actions: readonly string[];
  readonly conditions: readonly Condition[];
}

export type TrustPolicy = readonly Statement[];

/** Reads an assume-role policy document. Throws MalformedPolicyDocument, saying what is wrong. */
export function parseTrust(document: unknown): TrustPolicy {
  return readStatements(document).map(parseStatement);
}

/** An Allow that matches and no Deny that does. */
export function trusts(policy: TrustPolicy, asker: Asker): boolean {
  const matching = policy.filter((statement) => matchesStatement(statement, asker));
  return matching.some(({ effect }) => effect === 'Allow') && !matching.some(({ effect }) => effect === 'Deny');
}

function matchesStatement(statement: Statement, asker: Asker): boolean {
  const principals = [...(statement.principals[asker.kind] ?? []), ...(statement.principals['*'] ?? [])];
  const named = principals.some((principal) => principal === '*' || asker.names.includes(principal));
  const acts = statement.actions.some((action) => action === '*' || matchesAction(action, asker.action));
  return (
    named &&
    acts &&
    statement.conditions.every(({ operator, key, values }) => conditionHolds(operator, values, asker.context[key.toLowerCase()]))
  );
}

function matchesAction(pattern: string, action: string): boolean {
  const [wanted, actual] = [pattern.toLowerCase(), action.toLowerCase()];
  return wanted === actual || (wanted.endsWith('*') && actual.startsWith(wanted.slice(0, -1)));
}

function parseStatement(statement: Record<string, unknown>): Statement {
  const { Principal: principal, Action: action } = statement;
  const effect = readEffect(statement);
  if (action === undefined) throw malformed('Missing required field Action');
  if (principal === undefined) throw malformed('Missing required field Principal');
  if (statement['Resource'] !== undefined) throw malformed('Has prohibited field Resource');
  return {
    effect,
    principals: parsePrincipals(principal),
    actions: asList(action).map(String),
    conditions: readConditions(statement),
  };
}

function parsePrincipals(principal: unknown): Record<string, readonly string[]> {
  if (principal === '*') return { '*': ['*'] };
  if (!isRecord(principal)) throw malformed(`Invalid principal in policy: ${JSON.stringify(principal)}`);
  return Object.fromEntries(
    Object.entries(principal).map(([kind, names]) => [kind, asList(names).map((name) => expandAccount(String(name)))]),
  );
}

/** An account number stands for its root. */
const expandAccount = (name: string) => (/^\d{12}$/.test(name) ? `arn:aws:iam::${name}:root` : name);
