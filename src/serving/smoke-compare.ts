/** Deepest expectation that is followed; deeper parts count as different, so that nothing passes unseen. */
const maxDepth = 64;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether two JSON values are the same; the order of members does not matter. Recursion follows the expected value, which is ours. */
export function isSameJson(expected: unknown, seen: unknown, depth = 0): boolean {
  if (depth > maxDepth) return false;
  if (Array.isArray(expected)) {
    if (!Array.isArray(seen) || seen.length !== expected.length) return false;
    return expected.every((item, index) => isSameJson(item, seen[index], depth + 1));
  }
  if (!isMap(expected)) return expected === seen;
  if (!isMap(seen) || Object.keys(seen).length !== Object.keys(expected).length) return false;
  return Object.entries(expected).every(([key, item]) => Object.hasOwn(seen, key) && isSameJson(item, seen[key], depth + 1));
}

/**
 * The value at a dotted path such as `top.0.label`; a member whose name is the rest of the path, dots and all, is taken first.
 * `found: false` says how far the path led.
 */
export function findByPath(value: unknown, path: string): { found: true; value: unknown } | { found: false; until: string } {
  let at = value;
  let rest = path;
  for (;;) {
    if (isMap(at) && Object.hasOwn(at, rest)) return { found: true, value: at[rest] };
    if (Array.isArray(at) && isIndex(rest, at.length)) return { found: true, value: at[Number(rest)] };
    const dot = rest.indexOf('.');
    const head = rest.slice(0, dot);
    const until = path.slice(0, Math.max(0, path.length - rest.length - 1));
    if (dot < 0) return { found: false, until };
    if (isMap(at) && Object.hasOwn(at, head)) at = at[head];
    else if (Array.isArray(at) && isIndex(head, at.length)) at = at[Number(head)];
    else return { found: false, until };
    rest = rest.slice(dot + 1);
  }
}

function isIndex(text: string, length: number): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(text) && Number(text) < length;
}

/** How an answer differs from the expected numbers. */
export interface GoldenResult {
  /** Numbers compared. */
  readonly compared: number;
  /** Numbers further away than the tolerance. */
  readonly outside: number;
  readonly worst?: { readonly at: string; readonly expected: number; readonly seen: number; readonly difference: number };
  /** Where the two are not of one form: the first places, in words. */
  readonly forms: readonly string[];
}

const maxForms = 3;

/**
 * Compares an answer with expected JSON: numbers within `tolerance`, everything else equal. Members that only the answer has are fine,
 * lists must be of one length.
 */
export function compareGolden(expected: unknown, seen: unknown, tolerance: number): GoldenResult {
  let compared = 0;
  let outside = 0;
  let worst: GoldenResult['worst'];
  const forms: string[] = [];
  const differ = (at: string, what: string) => {
    if (forms.length < maxForms) forms.push(`${at || 'the answer'} ${what}`);
  };

  function compareNumbers(at: string, a: number, b: number): void {
    compared += 1;
    const difference = Math.abs(a - b);
    // Binary fractions: 0.3 − 0.2 is a little more than 0.1, and nobody who writes a tolerance of 0.1 means that.
    if (difference > tolerance + 1e-12 * Math.max(Math.abs(a), Math.abs(b))) outside += 1;
    if (!worst || difference > worst.difference) worst = { at, expected: a, seen: b, difference };
  }

  function walk(a: unknown, b: unknown, at: string, depth: number): void {
    if (depth > maxDepth) return differ(at, `nests deeper than ${maxDepth} levels`);
    if (typeof a === 'number' && typeof b === 'number') return compareNumbers(at, a, b);
    if (Array.isArray(a)) {
      if (!Array.isArray(b)) return differ(at, `is ${nameKind(b)}, not a list`);
      if (a.length !== b.length) return differ(at, `has ${b.length} items, not ${a.length}`);
      return a.forEach((item, index) => walk(item, b[index], `${at}[${index}]`, depth + 1));
    }
    if (isMap(a)) {
      if (!isMap(b)) return differ(at, `is ${nameKind(b)}, not a map`);
      for (const [key, item] of Object.entries(a)) {
        const path = at === '' ? key : `${at}.${key}`;
        if (Object.hasOwn(b, key)) walk(item, b[key], path, depth + 1);
        else differ(path, 'is missing');
      }
      return;
    }
    if (a !== b) differ(at, `is ${typeof b === typeof a ? 'another value' : nameKind(b)}, not ${nameKind(a)} as expected`);
  }

  walk(expected, seen, '', 0);
  return { compared, outside, ...(worst && { worst }), forms };
}

/** Kind of a JSON value with its article. */
export function nameKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}
