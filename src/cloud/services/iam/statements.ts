import { AwsError } from '../../contract.ts';
import { isKnownOperator } from './conditions.ts';

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** The statements of a policy document. Throws MalformedPolicyDocument, saying what is wrong. */
export function readStatements(document: unknown): Record<string, unknown>[] {
  const policy = typeof document === 'string' ? parseJson(document) : document;
  if (!isRecord(policy)) throw malformed('The policy is not a JSON object.');
  const statements = asList(policy['Statement']);
  if (statements.length === 0) throw malformed('The policy has no Statement.');
  return statements.map((statement) => {
    if (!isRecord(statement)) throw malformed('A Statement is not an object.');
    return statement;
  });
}

export function readEffect({ Effect: effect }: Record<string, unknown>): 'Allow' | 'Deny' {
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`Invalid effect: ${JSON.stringify(effect)}`);
  return effect;
}

export function readConditions({ Condition: condition = {} }: Record<string, unknown>): Condition[] {
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

export const malformed = (message: string) => new AwsError('MalformedPolicyDocument', message, { status: 400 });
export const asList = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
