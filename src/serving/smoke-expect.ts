import type { SmokeCase } from '../spec/spec.ts';
import type { Invocation } from './ports.ts';
import { cut, describeErrorBody, readAnswer } from './smoke-answer.ts';
import { compareGolden, findByPath, isSameJson } from './smoke-compare.ts';
import { findArgMax, findNumbers, measureShape } from './smoke-numbers.ts';

/** A case with its files read. */
export interface PreparedCase {
  readonly name: string;
  /** What the function is called with, as JSON text. */
  readonly payload: string;
  readonly expect: Omit<SmokeCase['expect'], 'golden'> & {
    readonly golden?: { readonly file: string; readonly tolerance: number; readonly value: unknown };
  };
  readonly repeat: number;
  readonly concurrency: number;
}

/** What is different, in one sentence, and what kind of thing that is. */
export interface Difference {
  readonly kind: 'call' | 'status' | 'form' | 'value' | 'late';
  readonly text: string;
}

/**
 * How an answer differs from what the case expects; empty when it does not.
 * Without an expected status any 2xx will do: a case that only looks at the latency must not pass on an error.
 */
export function judge({ expect }: Pick<PreparedCase, 'expect'>, call: Invocation): Difference[] {
  const late = judgeLatency(expect.withinSeconds, call);
  const answer = readAnswer(call);
  if (answer.kind === 'unusable') return [{ kind: 'call', text: answer.why }, ...late];
  const { status, body } = answer;
  if (expect.status === undefined ? status < 200 || status > 299 : status !== expect.status) {
    const said = status >= 400 ? `: ${describeErrorBody(answer)}` : '';
    // The body of another status is another body: what else differs would only hide the cause.
    return [{ kind: 'status', text: `the status is ${status}, not ${expect.status ?? '2xx'}${said}` }, ...late];
  }
  return [
    ...judgeShape(expect.shape, body),
    ...judgeArgMax(expect.argMax, body),
    ...judgeMembers(expect.json, body),
    ...judgeGolden(expect.golden, body),
    ...late,
  ];
}

function judgeLatency(withinSeconds: number | undefined, { milliseconds, cold }: Invocation): Difference[] {
  if (withinSeconds === undefined || milliseconds <= withinSeconds * 1000) return [];
  const start = cold === true ? ' (a cold start)' : '';
  return [
    { kind: 'late', text: `the answer took ${formatMs(milliseconds)}${start}, longer than ${formatMs(withinSeconds * 1000)}` },
  ];
}

function judgeShape(expected: readonly number[] | undefined, body: unknown): Difference[] {
  if (!expected) return [];
  const shape = measureShape(body);
  const wanted = `[${expected.join(', ')}]`;
  if (shape.kind === 'ragged')
    return [{ kind: 'form', text: `the answer has no regular shape (${shape.why}), expected ${wanted}` }];
  return isSameJson(expected, shape.sizes)
    ? []
    : [{ kind: 'form', text: `the shape is [${shape.sizes.join(', ')}], not ${wanted}` }];
}

function judgeArgMax(expected: number | undefined, body: unknown): Difference[] {
  if (expected === undefined) return [];
  const numbers = findNumbers(body);
  if (!numbers) return [{ kind: 'form', text: 'the answer is not one list of numbers, so it has no largest one' }];
  const seen = findArgMax(numbers);
  if (seen === expected) return [];
  const wanted = numbers[expected];
  const there = wanted === undefined ? `there are only ${numbers.length}` : format(wanted);
  return [
    {
      kind: 'value',
      text: `the largest number is at ${seen} (${format(numbers[seen] ?? Number.NaN)}), not at ${expected} (${there})`,
    },
  ];
}

function judgeMembers(expected: Readonly<Record<string, unknown>> | undefined, body: unknown): Difference[] {
  return Object.entries(expected ?? {}).flatMap(([path, value]): Difference[] => {
    const found = findByPath(body, path);
    if (!found.found)
      return [{ kind: 'form', text: `${path} is missing${found.until === '' ? '' : ` (there is ${found.until})`}` }];
    if (isSameJson(value, found.value)) return [];
    return [{ kind: 'value', text: `${path} is ${cut(JSON.stringify(found.value))}, not ${cut(JSON.stringify(value))}` }];
  });
}

function judgeGolden(golden: PreparedCase['expect']['golden'], body: unknown): Difference[] {
  if (!golden) return [];
  const { file, tolerance } = golden;
  const { compared, outside, worst, forms } = compareGolden(golden.value, body, tolerance);
  if (forms.length > 0) return [{ kind: 'form', text: `the answer is not of the form of ${file}: ${forms.map(cut).join('; ')}` }];
  if (outside === 0 || !worst) return [];
  const where = worst.at === '' ? 'the answer' : cut(worst.at);
  const worstText = `worst is ${where}: ${format(worst.seen)}, expected ${format(worst.expected)} (${format(worst.difference)} off)`;
  return [
    { kind: 'value', text: `${outside} of ${compared} numbers differ from ${file} by more than ${tolerance}; ${worstText}` },
  ];
}

const format = (value: number): string => String(Number(value.toPrecision(6)));

/** `48 ms`, `6.2 s`. */
export function formatMs(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  return `${Number((milliseconds / 1000).toFixed(milliseconds < 9_950 ? 2 : 1))} s`;
}
