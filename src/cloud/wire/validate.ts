import { fromJavaPattern } from './java-pattern.ts';
import type { Model, Shape } from './model.ts';

export interface Violation {
  /** `constraint`: AWS's ValidationException. `type`: SerializationException. `unknown`: a member the operation does not have. */
  readonly kind: 'constraint' | 'type' | 'unknown';
  readonly text: string;
}

/** Checks a request against botocore's model: all violations, in the order of the members, in AWS's words. */
export function validate(model: Model, operation: string, input: unknown): Violation[] {
  const root = model.inputs[operation];
  if (root === null || root === undefined) return [];
  const violations: Violation[] = [];
  checkValue({ model, violations }, root, input, '');
  return violations;
}

interface Run {
  readonly model: Model;
  readonly violations: Violation[];
}

const constraint = (value: unknown, path: string, must: string): Violation => ({
  kind: 'constraint',
  text: `Value ${show(value)} at '${path}' failed to satisfy constraint: Member must ${must}`,
});
const wrongType = (path: string, value: unknown, type: string): Violation => ({
  kind: 'type',
  text: `${nameOfType(value)} can not be converted to ${type} at '${path}'`,
});

function checkValue(run: Run, name: string, value: unknown, path: string): void {
  const shape = run.model.shapes[name];
  if (!shape || value === null || value === undefined) return;
  const check = checks[shape.type];
  if (check) check(run, shape, value, path);
}

type Check = (run: Run, shape: Shape, value: unknown, path: string) => void;

const checks: Readonly<Record<string, Check>> = {
  structure(run, shape, value, path) {
    if (!isRecord(value)) {
      run.violations.push(wrongType(path, value, 'a structure'));
      return;
    }
    for (const name of shape.required ?? []) {
      if (value[name] === undefined || value[name] === null)
        run.violations.push(constraint(null, child(path, name), 'not be null'));
    }
    const given = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
    if (shape.union && given.length !== 1) run.violations.push(constraint(value, path, `have exactly one member set`));
    for (const [name, member] of given) {
      const target = shape.members?.[name];
      if (target) checkValue(run, target, member, child(path, name));
      else run.violations.push({ kind: 'unknown', text: `Unknown member '${child(path, name)}'` });
    }
  },
  list(run, shape, value, path) {
    if (!Array.isArray(value)) {
      run.violations.push(wrongType(path, value, 'a list'));
      return;
    }
    checkLength(run, shape, value, value.length, path);
    value.forEach((item: unknown, n) => checkValue(run, shape.member ?? '', item, `${path}.${n + 1}.member`));
  },
  map(run, shape, value, path) {
    if (!isRecord(value)) {
      run.violations.push(wrongType(path, value, 'a map'));
      return;
    }
    const entries = Object.entries(value);
    checkLength(run, shape, value, entries.length, path);
    for (const [key, item] of entries) {
      checkValue(run, shape.key ?? '', key, `${path}.${key}.key`);
      checkValue(run, shape.value ?? '', item, `${path}.${key}.value`);
    }
  },
  string(run, shape, value, path) {
    if (typeof value !== 'string') {
      run.violations.push(wrongType(path, value, 'a String'));
      return;
    }
    if (shape.enum && !shape.enum.includes(value)) {
      run.violations.push(constraint(value, path, `satisfy enum value set: [${shape.enum.join(', ')}]`));
    }
    checkLength(run, shape, value, value.length, path);
    const pattern = shape.pattern === undefined ? undefined : compile(shape.pattern);
    if (pattern && !pattern.test(value))
      run.violations.push(constraint(value, path, `satisfy regular expression pattern: ${shape.pattern}`));
  },
  integer: checkInteger,
  long: checkInteger,
  float: checkNumber,
  double: checkNumber,
  boolean(run, _shape, value, path) {
    if (typeof value !== 'boolean') run.violations.push(wrongType(path, value, 'a Boolean'));
  },
};

function checkInteger(run: Run, shape: Shape, value: unknown, path: string): void {
  if (typeof value !== 'bigint' && !Number.isInteger(value)) run.violations.push(wrongType(path, value, 'an Integer'));
  else checkRange(run, shape, Number(value), path);
}

function checkNumber(run: Run, shape: Shape, value: unknown, path: string): void {
  // NaN and the infinities are written as strings.
  if (typeof value === 'number') checkRange(run, shape, value, path);
  else if (!isSpecialNumber(value)) run.violations.push(wrongType(path, value, 'a Double'));
}

function checkRange(run: Run, { min, max }: Shape, value: number, path: string): void {
  if (min !== undefined && value < min)
    run.violations.push(constraint(value, path, `have value greater than or equal to ${min}`));
  if (max !== undefined && value > max) run.violations.push(constraint(value, path, `have value less than or equal to ${max}`));
}

function checkLength(run: Run, { min, max }: Shape, value: unknown, length: number, path: string): void {
  if (min !== undefined && length < min)
    run.violations.push(constraint(value, path, `have length greater than or equal to ${min}`));
  if (max !== undefined && length > max) run.violations.push(constraint(value, path, `have length less than or equal to ${max}`));
}

const patterns = new Map<string, RegExp | undefined>();

/** Two patterns of botocore's are not JavaScript's; those are not checked. */
function compile(pattern: string): RegExp | undefined {
  if (!patterns.has(pattern)) patterns.set(pattern, tryCompile(pattern, 'u') ?? tryCompile(pattern, ''));
  return patterns.get(pattern);
}

function tryCompile(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${fromJavaPattern(pattern)})$`, flags);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSpecialNumber = (value: unknown) => value === 'NaN' || value === 'Infinity' || value === '-Infinity';
const child = (path: string, name: string) => (path === '' ? '' : `${path}.`) + name.charAt(0).toLowerCase() + name.slice(1);

function show(value: unknown): string {
  if (value === null) return 'null';
  return `'${typeof value === 'string' ? value : JSON.stringify(value)}'`;
}

function nameOfType(value: unknown): string {
  if (typeof value === 'number') return 'NUMBER_VALUE';
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'boolean') return `${String(value).toUpperCase()}_VALUE`;
  return Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT';
}
