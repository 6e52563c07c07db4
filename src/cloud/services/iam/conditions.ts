import { fillVariables, type FindVariable, matchesPattern } from './pattern.ts';

type Compare = (actual: string, wanted: string, find: FindVariable) => boolean;

const like: Compare = (actual, wanted, find) => matchesPattern(wanted, actual, find);
const equals: Compare = (actual, wanted, find) => actual === fillVariables(wanted, find);
const equalsIgnoringCase: Compare = (actual, wanted, find) => actual.toLowerCase() === fillVariables(wanted, find)?.toLowerCase();
const numbers =
  (holds: (actual: number, wanted: number) => boolean): Compare =>
  (actual, wanted) =>
    holds(Number(actual), Number(wanted));
/** ISO 8601, or seconds since 1970. */
const toTime = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));
const dates =
  (holds: (actual: number, wanted: number) => boolean): Compare =>
  (actual, wanted) =>
    holds(toTime(actual), toTime(wanted));

/** Operators that hold when a value of the request matches one of the policy. */
const positive: Readonly<Record<string, Compare>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: equalsIgnoringCase,
  NumericEquals: numbers((a, b) => a === b),
  NumericLessThan: numbers((a, b) => a < b),
  NumericLessThanEquals: numbers((a, b) => a <= b),
  NumericGreaterThan: numbers((a, b) => a > b),
  NumericGreaterThanEquals: numbers((a, b) => a >= b),
  DateLessThan: dates((a, b) => a < b),
  DateGreaterThan: dates((a, b) => a > b),
};
/** And their opposites, which hold when there is no such value, too. */
const negative: Readonly<Record<string, Compare>> = {
  StringNotEquals: equals,
  StringNotEqualsIgnoreCase: equalsIgnoringCase,
  StringNotLike: like,
  ArnNotEquals: like,
  ArnNotLike: like,
};

function split(operator: string): { set: string; base: string; ifExists: boolean } {
  const [, set = '', rest = operator] = /^(?:(ForAllValues|ForAnyValue):)?(.+)$/.exec(operator) ?? [];
  const ifExists = rest.endsWith('IfExists');
  return { set, base: ifExists ? rest.slice(0, -'IfExists'.length) : rest, ifExists };
}

export function isKnownOperator(operator: string): boolean {
  const { base } = split(operator);
  return base === 'Null' || base in positive || base in negative;
}

/**
 * Whether a condition of a policy holds for the values of one key of the request (undefined: the request has no such key).
 * An operator that is not known never holds; policies with one are refused when they are made.
 */
export function conditionHolds(
  operator: string,
  wanted: readonly string[],
  actual: readonly string[] | undefined,
  find: FindVariable = () => undefined,
): boolean {
  const { set, base, ifExists } = split(operator);
  const present = actual !== undefined && actual.length > 0;
  if (base === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') !== present);
  if (!present) return ifExists || set === 'ForAllValues' || (base in negative && set === '');
  const yes = positive[base];
  const matchesOne = (compare: Compare) => (value: string) => wanted.some((pattern) => compare(value, pattern, find));
  if (yes) return set === 'ForAllValues' ? actual.every(matchesOne(yes)) : actual.some(matchesOne(yes));
  const no = negative[base];
  if (!no) return false;
  const differs = (value: string) => !matchesOne(no)(value);
  return set === 'ForAnyValue' ? actual.some(differs) : actual.every(differs);
}
