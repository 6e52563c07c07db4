import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Invocation } from '../../../src/serving/ports.ts';
import { compareGolden, findByPath, isSameJson } from '../../../src/serving/smoke-compare.ts';
import { formatMs, judge, type PreparedCase } from '../../../src/serving/smoke-expect.ts';
import { findArgMax, findNumbers, measureShape } from '../../../src/serving/smoke-numbers.ts';

type Expect = PreparedCase['expect'];

const call = (payload: string, more: Partial<Invocation> = {}): Invocation => ({
  payload,
  executedVersion: '3',
  milliseconds: 48,
  cold: false,
  logTail: [],
  ...more,
});
/** What the shipped handler answers. */
const answer = (body: unknown, statusCode = 200): Invocation =>
  call(JSON.stringify({ statusCode, headers: {}, body: JSON.stringify(body) }));
const differences = (expected: Expect, invocation: Invocation) => judge({ expect: expected }, invocation).map(({ text }) => text);
const scores = [[0.01, 0.02, 0.9, 0.07]];

describe('judge', () => {
  test.each<[string, Expect, unknown]>([
    ['status', { status: 200 }, scores],
    ['shape', { shape: [1, 4] }, scores],
    ['shape of a list', { shape: [2] }, [1, 2]],
    ['shape of a list without items', { shape: [0] }, []],
    ['arg-max in a row', { argMax: 2 }, scores],
    ['arg-max in a plain list', { argMax: 1 }, [0, 5, 5]],
    [
      'members',
      { json: { label: 'dog', 'top.1.name': 'b', nested: { a: [1], b: null } } },
      { label: 'dog', top: [{ name: 'a' }, { name: 'b' }], nested: { b: null, a: [1] } },
    ],
    ['a member whose name has dots', { json: { 'a.b': 1 } }, { 'a.b': 1, a: { b: 2 } }],
    ['golden numbers', { golden: { file: 'g.json', tolerance: 0.1, value: [[0, 0.1, 0.8, 0.1]] } }, scores],
    ['a difference of exactly the tolerance', { golden: { file: 'g.json', tolerance: 0.1, value: [0.2] } }, [0.3]],
    ['all at once', { status: 200, shape: [1, 4], argMax: 2, withinSeconds: 1 }, scores],
  ])('%s: as expected', (_what, expected, body) => {
    expect(differences(expected, answer(body))).toEqual([]);
  });

  test.each<[string, Expect, unknown, string]>([
    ['shape', { shape: [1, 10] }, scores, 'the shape is [1, 4], not [1, 10]'],
    [
      'ragged lists',
      { shape: [2, 2] },
      [[1, 2], [3]],
      'the answer has no regular shape (level 1 has lists of 2 and of 1), expected [2, 2]',
    ],
    ['a map for a list', { shape: [1] }, { predictions: [1] }, 'the shape is [], not [1]'],
    ['arg-max', { argMax: 3 }, scores, 'the largest number is at 2 (0.9), not at 3 (0.07)'],
    ['arg-max beyond the end', { argMax: 9 }, scores, 'the largest number is at 2 (0.9), not at 9 (there are only 4)'],
    ['arg-max of several rows', { argMax: 0 }, [[1], [2]], 'the answer is not one list of numbers, so it has no largest one'],
    ['arg-max of texts', { argMax: 0 }, ['a'], 'the answer is not one list of numbers, so it has no largest one'],
    ['a missing member', { json: { 'top.5.name': 'x' } }, { top: [] }, 'top.5.name is missing (there is top)'],
    ['a member of a prototype', { json: { 'constructor.name': 'Object' } }, {}, 'constructor.name is missing'],
    ['another value', { json: { label: 'dog' } }, { label: 'cat' }, 'label is "cat", not "dog"'],
    ['another type', { json: { count: 1 } }, { count: '1' }, 'count is "1", not 1'],
    [
      'numbers',
      { golden: { file: 'g.json', tolerance: 0.01, value: [[0.01, 0.5, 0.4, 0.07]] } },
      scores,
      '2 of 4 numbers differ from g.json by more than 0.01; worst is [0][2]: 0.9, expected 0.4 (0.5 off)',
    ],
    [
      'another form',
      { golden: { file: 'g.json', tolerance: 1, value: { a: [1, 2], b: 3 } } },
      { a: [1] },
      'the answer is not of the form of g.json: a has 1 items, not 2; b is missing',
    ],
    [
      'a text for a number',
      { golden: { file: 'g.json', tolerance: 1, value: [1] } },
      ['1'],
      'the answer is not of the form of g.json: [0] is a string, not a number as expected',
    ],
  ])('%s: the difference is said', (_what, expected, body, text) => {
    expect(differences(expected, answer(body))).toEqual([text]);
  });

  test.each<[string, Expect, Invocation, string]>([
    [
      'another status, with what the handler says of it',
      { status: 200 },
      answer({ error: { code: 'model-error', message: 'KeyError: x' } }, 424),
      'the status is 424, not 200: model-error: KeyError: x',
    ],
    [
      'an error where no status was expected',
      { withinSeconds: 9 },
      answer('oops', 502),
      'the status is 502, not 2xx: "\\"oops\\""',
    ],
    ['no JSON at all', { status: 200 }, call('<html>'), 'the function answered no JSON: "<html>"'],
    ['nothing', { status: 200 }, call(''), 'the function answered no JSON: nothing'],
    ['a list', { status: 200 }, call('[1]'), 'the function answered a list, not { statusCode, headers, body }'],
    [
      'no statusCode',
      { status: 200 },
      call('{"body":"1"}'),
      'the function answered without a statusCode: "{\\"body\\":\\"1\\"}"',
    ],
    [
      'a statusCode as text',
      { status: 200 },
      call('{"statusCode":"200"}'),
      'the function answered without a statusCode: "{\\"statusCode\\":\\"200\\"}"',
    ],
    ['a body that is no JSON', { status: 200 }, call('{"statusCode":200,"body":"a dog"}'), 'the body is not JSON: "a dog"'],
    [
      'NaN',
      { shape: [1] },
      call('{"statusCode":200,"body":"[NaN]"}'),
      'the body is not JSON (it holds NaN or Infinity, which JSON does not have): "[NaN]"',
    ],
    [
      'a function that threw',
      { status: 200 },
      call('{"errorType":"TypeError","errorMessage":"x is undefined","trace":[]}', {
        functionError: 'Unhandled',
        logTail: ['START RequestId: 1', 'loading', 'x is undefined', 'END RequestId: 1', 'REPORT RequestId: 1'],
      }),
      'the function failed (TypeError): x is undefined; its log ends: "loading", "x is undefined"',
    ],
    [
      'a function that ran out of time',
      { status: 200 },
      call('{"errorMessage":"Task timed out after 3.00 seconds"}', { functionError: 'Unhandled' }),
      'the function failed (Unhandled): Task timed out after 3.00 seconds',
    ],
    [
      'a late cold start',
      { withinSeconds: 5 },
      { ...answer(1), milliseconds: 6_210, cold: true },
      'the answer took 6.21 s (a cold start), longer than 5 s',
    ],
  ])('%s', (_what, expected, invocation, text) => {
    expect(differences(expected, invocation)).toEqual([text]);
  });

  test('a body in base64 is read', () => {
    const body = Buffer.from('[[1,2]]').toString('base64');
    expect(differences({ shape: [1, 2] }, call(JSON.stringify({ statusCode: 200, isBase64Encoded: true, body })))).toEqual([]);
  });

  test('what differs beside a wrong status is not said: it is another body', () => {
    expect(differences({ status: 200, shape: [1, 4], argMax: 1 }, answer({ error: {} }, 502))).toHaveLength(1);
  });

  test('a huge, deep or hostile answer is judged in bounded time with bounded words', () => {
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    const wide = JSON.stringify(Array.from({ length: 300_000 }, (_, index) => index));
    const text = JSON.stringify('x'.repeat(5_000_000));
    const all: Expect = { shape: [1, 4], argMax: 2, json: { a: 1 }, golden: { file: 'g.json', tolerance: 0, value: [[1]] } };
    for (const body of [deep, wide, text, '{"__proto__":{"a":1}}']) {
      const said = judge({ expect: all }, call(JSON.stringify({ statusCode: 200, body })));
      expect(said.length).toBeGreaterThan(2);
      expect(Math.max(...said.map(({ text: one }) => one.length))).toBeLessThan(600);
    }
  });

  test('whatever the function answers, there is a verdict', () => {
    const all: Expect = { status: 200, shape: [1], argMax: 0, json: { a: 1 }, golden: { file: 'g', tolerance: 0, value: [1] } };
    const found = fc.check(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((body) => JSON.stringify({ statusCode: 200, body: JSON.stringify(body) })),
        ),
        (payload) => judge({ expect: all }, call(payload)).length > 0,
      ),
      { numRuns: 500 },
    );
    expect(found.counterexample).toBeNull();
  });
});

describe('the parts', () => {
  test.each([
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [3, 2],
    ],
    [7, []],
    [[[[]]], [1, 1, 0]],
  ])('the shape of %j is %j', (value, sizes) => {
    expect(measureShape(value)).toEqual({ kind: 'regular', sizes });
  });

  test('numbers lie in one list, however deep', () => {
    expect(findNumbers([[[1, 2]]])).toEqual([1, 2]);
    expect(findNumbers([])).toBeUndefined();
    expect(findNumbers([[1, 'a']])).toBeUndefined();
    expect(findArgMax([-3, -1, -2])).toBe(1);
  });

  test('paths lead through maps and lists, and nowhere else', () => {
    const value = { a: [{ b: { 'c.d': 1 } }], '': 2 };
    expect(findByPath(value, 'a.0.b.c.d')).toEqual({ found: true, value: 1 });
    expect(findByPath(value, 'a.00.b')).toEqual({ found: false, until: 'a' });
    expect(findByPath(value, 'a.length')).toEqual({ found: false, until: 'a' });
    expect(findByPath('text', 'length')).toEqual({ found: false, until: '' });
    expect(findByPath(value, '')).toEqual({ found: true, value: 2 });
  });

  test('JSON is the same whatever the order of its members', () => {
    expect(isSameJson({ a: 1, b: [null, { c: 'x' }] }, { b: [null, { c: 'x' }], a: 1 })).toBe(true);
    expect(isSameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(isSameJson([1], { 0: 1 })).toBe(false);
    expect(isSameJson(null, {})).toBe(false);
  });

  test('golden numbers: members that only the answer has are fine, and the worst is named', () => {
    const result = compareGolden({ a: { b: [1, 2] } }, { a: { b: [1.5, 4], more: 1 } }, 0.6);
    expect(result).toMatchObject({
      compared: 2,
      outside: 1,
      worst: { at: 'a.b[1]', expected: 2, seen: 4, difference: 2 },
      forms: [],
    });
  });

  test.each([
    [0.4, '0 ms'],
    [48.4, '48 ms'],
    [999.6, '1 s'],
    [6210, '6.21 s'],
    [61_240, '61.2 s'],
  ])('%d ms read as %s', (milliseconds, text) => {
    expect(formatMs(milliseconds)).toBe(text);
  });
});
