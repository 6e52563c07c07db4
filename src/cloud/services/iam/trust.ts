import { AwsError } from '../../contract.ts';
import { conditionHolds, isKnownOperator } from './conditions.ts';

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
  readonly conditions: readonly { operator: string; key: string; values: readonly string[] }[];
}

export type TrustPolicy = readonly Statement[];

/** Reads an assume-role policy document. Throws MalformedPolicyDocument, saying what is wrong. */
export function parseTrust(document: unknown): TrustPolicy {
  const policy = typeof document === 'string' ? parseJson(document) : document;
  if (!isRecord(policy)) throw malformed('The policy is not a JSON object.');
  const statements = asList(policy['Statement']);
  if (statements.length === 0) throw malformed('The policy has no Statement.');
  return statements.map(parseStatement);
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

function parseStatement(statement: unknown): Statement {
  if (!isRecord(statement)) throw malformed('A Statement is not an object.');
  const { Effect: effect, Principal: principal, Action: action, Condition: condition = {} } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`Invalid effect: ${JSON.stringify(effect)}`);
  if (action === undefined) throw malformed('Missing required field Action');
  if (principal === undefined) throw malformed('Missing required field Principal');
  if (statement['Resource'] !== undefined) throw malformed('Has prohibited field Resource');
  return {
    effect,
    principals: parsePrincipals(principal),
    actions: asList(action).map(String),
    conditions: parseConditions(condition),
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

function parseConditions(condition: unknown): Statement['conditions'] {
  if (!isRecord(condition)) throw malformed('A Condition is not an object.');
  return Object.entries(condition).flatMap(([operator, keys]) => {
    if (!isKnownOperator(operator)) throw malformed(`Invalid Condition type : ${operator}.`);
    if (!isRecord(keys)) throw malformed(`The condition ${operator} is not an object.`);
    return Object.entries(keys).map(([key, values]) => ({ operator, key, values: asList(values).map(String) }));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
}

const malformed = (message: string) => new AwsError('MalformedPolicyDocument', message, { status: 400 });
const asList = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
