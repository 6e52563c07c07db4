import type { SmokeCase } from '../spec/spec.ts';
import type { Invocation } from './ports.ts';
import { cut, describeErrorBody, quote, readAnswer } from './smoke-answer.ts';
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

/**
 * How an answer differs from what the case expects, one sentence each; empty when it does not.
 * Without an expected status any 2xx will do: a case that only looks at the latency must not pass on an error.
 */
export function judge({ expect }: Pick<PreparedCase, 'expect'>, call: Invocation): string[] {
  const late = judgeLatency(expect.withinSeconds, call);
  const answer = readAnswer(call);
  if (answer.kind === 'unusable') return [answer.why, ...late];
  const { status, body } = answer;
  if (expect.status === undefined ? status < 200 || status > 299 : status !== expect.status) {
    const said = status >= 400 ? `: ${describeErrorBody(answer)}` : '';
    // The body of another status is another body: what else differs would only hide the cause.
    return [`the status is ${status}, not ${expect.status ?? '2xx'}${said}`, ...late];
  }
  return [
    ...judgeShape(expect.shape, body),
    ...judgeArgMax(expect.argMax, body),
    ...judgeMembers(expect.json, body),
    ...judgeGolden(expect.golden, body),
    ...late,
  ];
}

function judgeLatency(withinSeconds: number | undefined, { milliseconds, cold }: Invocation): string[] {
  if (withinSeconds === undefined || milliseconds <= withinSeconds * 1000) return [];
  return [
    `the answer took ${formatMs(milliseconds)}${cold === true ? ' (a cold start)' : ''}, longer than ${formatMs(withinSeconds * 1000)}`,
  ];
}

function judgeShape(expected: readonly number[] | undefined, body: unknown): string[] {
  if (!expected) return [];
  const shape = measureShape(body);
  const wanted = `[${expected.join(', ')}]`;
  if (shape.kind === 'ragged') return [`the answer has no regular shape (${shape.why}), expected ${wanted}`];
  return isSameJson(expected, shape.sizes) ? [] : [`the shape is [${shape.sizes.join(', ')}], not ${wanted}`];
}

function judgeArgMax(expected: number | undefined, body: unknown): string[] {
  if (expected === undefined) return [];
  const numbers = findNumbers(body);
  if (!numbers) return ['the answer is not one list of numbers, so it has no largest one'];
  const seen = findArgMax(numbers);
  if (seen === expected) return [];
  const wanted = numbers[expected];
  return [
    `the largest number is at ${seen} (${format(numbers[seen])}), not at ${expected} (${wanted === undefined ? `there are only ${numbers.length}` : format(wanted)})`,
  ];
}

function judgeMembers(expected: Readonly<Record<string, unknown>> | undefined, body: unknown): string[] {
  return Object.entries(expected ?? {}).flatMap(([path, value]) => {
    const found = findByPath(body, path);
    if (!found.found) return [`${path} is missing${found.until === '' ? '' : ` (there is ${found.until})`}`];
    return isSameJson(value, found.value)
      ? []
      : [`${path} is ${cut(JSON.stringify(found.value))}, not ${cut(JSON.stringify(value))}`];
  });
}

function judgeGolden(golden: PreparedCase['expect']['golden'], body: unknown): string[] {
  if (!golden) return [];
  const { compared, outside, worst, forms } = compareGolden(golden.value, body, golden.tolerance);
  if (forms.length > 0) return [`the answer is not of the form of ${golden.file}: ${forms.map(cut).join('; ')}`];
  if (outside === 0 || !worst) return [];
  const where = worst.at === '' ? 'the answer' : cut(worst.at);
  return [
    `${outside} of ${compared} numbers differ from ${golden.file} by more than ${golden.tolerance}; worst is ${where}: ${format(worst.seen)}, expected ${format(worst.expected)} (${format(worst.difference)} off)`,
  ];
}

const format = (value: number | undefined): string => (value === undefined ? quote('') : String(Number(value.toPrecision(6))));

/** `48 ms`, `6.2 s`. */
export function formatMs(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${Number((milliseconds / 1000).toFixed(milliseconds < 9_950 ? 2 : 1))} s`;
}
