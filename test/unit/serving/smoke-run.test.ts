import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import type { Invocation, Invocations } from '../../../src/serving/ports.ts';
import { smokeRecord } from '../../../src/serving/record.ts';
import type { PreparedCase } from '../../../src/serving/smoke-expect.ts';
import { getPercentile, summarizeCalls } from '../../../src/serving/smoke-load.ts';
import { prepareCases } from '../../../src/serving/smoke-prepare.ts';
import { runSmoke } from '../../../src/serving/smoke-run.ts';
import { toRecordCase } from '../../../src/serving/smoke-tally.ts';
import type { SmokeCase } from '../../../src/spec/spec.ts';

const one: PreparedCase = { name: 'a seven', payload: '{}', expect: { status: 200 }, repeat: 1, concurrency: 1 };
const good: Invocation = {
  payload: '{"statusCode":200,"body":"1"}',
  executedVersion: '3',
  milliseconds: 10,
  cold: false,
  logTail: ['all is well'],
};
const bad: Invocation = { ...good, payload: '{"statusCode":500,"body":"no"}', logTail: ['Traceback'] };

/** Answers the n-th call, from 0, and counts how many run at once. */
function answering(respond: (nth: number) => Invocation | Error) {
  const seen = { calls: 0, atOnce: 0, most: 0, requests: [] as unknown[] };
  const invocations: Invocations = {
    async invoke(request) {
      const answer = respond(seen.calls);
      seen.calls += 1;
      seen.requests.push(request);
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      seen.atOnce -= 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { seen, deps: { invocations, functionName: 'dogs-invoke', qualifier: 'candidate' } };
}
const error = (kind: 'quota' | 'permission') => new ActionError({ kind, message: `It is about ${kind}.`, fix: `Fix ${kind}.` });

describe('runSmoke', () => {
  test('calls the alias with the event and says that it passed', async () => {
    const { seen, deps } = answering(() => good);
    const told: string[] = [];
    const results = await runSmoke([one], { ...deps, onResult: ({ name }) => told.push(name) });
    expect(results).toEqual([
      {
        name: 'a seven',
        passed: true,
        calls: 1,
        errors: 0,
        differences: [],
        warm: { p50: 10, p95: 10, p99: 10, max: 10 },
        versions: ['3'],
        logTail: [],
        fix: '',
      },
    ]);
    expect(told).toEqual(['a seven']);
    expect(seen.requests).toEqual([{ name: 'dogs-invoke', qualifier: 'candidate', payload: '{}' }]);
  });

  test('a load makes as many calls as asked, so many at once, and counts what fails', async () => {
    const { seen, deps } = answering((nth) =>
      nth % 5 === 4 ? bad : nth === 0 ? { ...good, cold: true, milliseconds: 900 } : good,
    );
    const [result] = await runSmoke([{ ...one, repeat: 50, concurrency: 4 }], deps);
    expect(seen).toMatchObject({ calls: 50, most: 4 });
    expect(result).toMatchObject({
      passed: false,
      calls: 50,
      errors: 10,
      differences: ['in 10 of 50 calls, at first: the status is 500, not 200: "no"'],
      logTail: ['Traceback'],
      cold: { p50: 900, max: 900, count: 1 },
    });
    expect(result?.fix).toMatch(/424/);
  });

  test('throttles count as failed calls with the reason, and their time is nobody’s latency', async () => {
    const { deps } = answering((nth) => (nth === 1 ? error('quota') : good));
    const [result] = await runSmoke([{ ...one, repeat: 3 }], deps);
    expect(result).toMatchObject({
      passed: false,
      calls: 3,
      errors: 1,
      differences: ['in 1 of 3 calls: It is about quota'],
      fix: 'Fix quota.',
    });
  });

  test('a refusal that every call would meet ends the run at once', async () => {
    const { seen, deps } = answering(() => error('permission'));
    await expect(runSmoke([{ ...one, repeat: 1000, concurrency: 3 }], deps)).rejects.toThrow('It is about permission.');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen.calls).toBeLessThanOrEqual(3);
  });

  test('a function that fails every call is not asked a thousand times', async () => {
    const { seen, deps } = answering(() => bad);
    const [result] = await runSmoke([{ ...one, repeat: 1000, concurrency: 2 }], deps);
    expect(seen.calls).toBeLessThanOrEqual(11);
    expect(result?.differences.at(-1)).toBe(`only ${seen.calls} of 1000 calls were made, because every one of them failed`);
  });

  test('differences are kept by kind, bounded, whatever each call words anew', async () => {
    const { deps } = answering((nth) =>
      nth === 0 ? good : { ...good, payload: `no JSON, number ${nth} of nonsense ${'x'.repeat(nth)}` },
    );
    const [result] = await runSmoke([{ ...one, repeat: 200 }], deps);
    expect(result?.differences.length).toBeLessThanOrEqual(12);
    expect(result?.errors).toBe(199);
    const slow = answering((nth) => ({ ...good, milliseconds: 2000 + nth }));
    const [late] = await runSmoke([{ ...one, expect: { withinSeconds: 1 }, repeat: 5 }], slow.deps);
    expect(late?.differences).toEqual(['in 5 of 5 calls, at first: the answer took 2 s, longer than 1 s']);
  });

  test('a cancel makes no further call', async () => {
    const controller = new AbortController();
    const { seen, deps } = answering((nth) => {
      if (nth === 2) controller.abort();
      return good;
    });
    await expect(runSmoke([{ ...one, repeat: 50 }], { ...deps, signal: controller.signal })).rejects.toThrow('cancelled');
    expect(seen.calls).toBe(3);
  });

  test('what is recorded fits the record', async () => {
    const { deps } = answering((nth) => (nth === 0 ? bad : good));
    const results = await runSmoke([{ ...one, repeat: 4 }], deps);
    expect(smokeRecord.shape.cases.safeParse(results.map(toRecordCase)).success).toBe(true);
  });
});

describe('percentiles', () => {
  test.each([
    [[5], 99, 5],
    [[3, 1, 2], 50, 2],
    [[1, 2, 3, 4], 50, 2],
    [Array.from({ length: 100 }, (_, index) => index + 1), 95, 95],
    [Array.from({ length: 100 }, (_, index) => index + 1), 100, 100],
    [[1, 2], 0, 1],
  ])('of %j at %d', (values, percent, expected) => {
    expect(getPercentile(values, percent)).toBe(expected);
  });

  test('cold and warm are apart, and what nobody knows is in neither', () => {
    const calls = [
      { milliseconds: 1000, cold: true },
      { milliseconds: 10, cold: false },
      { milliseconds: 20.26, cold: false },
      { milliseconds: 5, cold: undefined },
    ];
    expect(summarizeCalls(calls)).toEqual({
      warm: { p50: 10, p95: 20.3, p99: 20.3, max: 20.3 },
      cold: { p50: 1000, max: 1000, count: 1 },
    });
    expect(summarizeCalls([])).toEqual({});
  });
});

const asked = (event: SmokeCase['event'], more: Partial<SmokeCase> = {}): SmokeCase => ({
  name: 'c',
  event,
  expect: { status: 200 },
  repeat: 1,
  concurrency: 1,
  ...more,
});

describe('prepareCases', () => {
  const files: Record<string, string> = { 'dog.json': '{"a": 1}', 'gold.json': '[[1]]', 'bad.json': '{' };
  const readFile = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    return text;
  };
  const prepare = (smoke: SmokeCase[]) =>
    prepareCases(smoke, readFile, { path: 'trainyard.yml', lines: { 'smoke[0]': 7, 'smoke[0].event.file': 8 }, smoke });

  test('events come from a file, an address or the spec', async () => {
    const { cases, problems } = await prepare([
      asked({ file: 'dog.json' }, { expect: { golden: { file: 'gold.json', tolerance: 1 } } }),
      asked({ url: 'https://a/b.jpg' }),
      asked({ json: [1] }, { repeat: 2, concurrency: 9 }),
    ]);
    expect(problems).toEqual([]);
    expect(cases.map(({ payload }) => payload)).toEqual(['{"a":1}', '{"url":"https://a/b.jpg"}', '[1]']);
    expect(cases[0]?.expect.golden).toEqual({ file: 'gold.json', tolerance: 1, value: [[1]] });
    expect(cases[2]?.concurrency).toBe(2);
  });

  test('everything that is wrong with the files is told at once, with its line', async () => {
    const { problems } = await prepare([
      asked({ file: 'missing.json' }, { expect: { golden: { file: 'bad.json', tolerance: 1 } } }),
      asked({ json: 'x'.repeat(7_000_000) }),
    ]);
    expect(problems.map(({ name, message }) => `${name}: ${message.slice(0, 43)}`)).toEqual([
      'smoke "c": event.file: missing.json cannot be read: there is no su',
      'smoke "c": expect.golden.file: bad.json is not JSON: Expected property nam',
      'smoke "c": event: It has 7000002 bytes; Lambda takes 6291456.',
    ]);
    expect(problems[0]?.where).toEqual({ file: 'trainyard.yml', line: 8 });
    expect(problems[1]?.where).toEqual({ file: 'trainyard.yml', line: 7 });
  });
});
