type Compare = (actual: string, wanted: string) => boolean;

const like: Compare = (actual, wanted) => {
  const pattern = wanted
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's').test(actual);
};
const equals: Compare = (actual, wanted) => actual === wanted;
const equalsIgnoringCase: Compare = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();

/** Operators that hold when a value of the request matches one of the policy. */
const positive: Readonly<Record<string, Compare>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: equalsIgnoringCase,
  NumericEquals: (actual, wanted) => Number(actual) === Number(wanted),
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
export function conditionHolds(operator: string, wanted: readonly string[], actual: readonly string[] | undefined): boolean {
  const { set, base, ifExists } = split(operator);
  const present = actual !== undefined && actual.length > 0;
  if (base === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') !== present);
  if (!present) return ifExists || set === 'ForAllValues' || (base in negative && set === '');
  const yes = positive[base];
  const matchesOne = (compare: Compare) => (value: string) => wanted.some((pattern) => compare(value, pattern));
  if (yes) return set === 'ForAllValues' ? actual.every(matchesOne(yes)) : actual.some(matchesOne(yes));
  const no = negative[base];
  if (!no) return false;
  const differs = (value: string) => !matchesOne(no)(value);
  return set === 'ForAnyValue' ? actual.some(differs) : actual.every(differs);
}
