import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import { chooseCases } from '../../../src/actions/smoke-invoke/choose.ts';
import { run, type SmokeInvokeDeps } from '../../../src/actions/smoke-invoke/run.ts';
import type { RunContext } from '../../../src/records/context.ts';
import { releaseRecord, type ReleaseRecord } from '../../../src/serving/record.ts';
import { readSpec } from '../../../src/spec/read.ts';

const specText = `name: dogs
smoke:
  - { name: 'a dog, sitting', event: { json: { n: 1 } }, expect: { status: 200, arg-max: 1 } }
  - { name: '<b>@evil</b> | x', event: { json: { n: 2 } }, expect: { shape: [1, 2] } }
`;
const spec = await readSpec('trainyard.yml', { text: specText });
const context: RunContext = {
  repository: { id: '1', owner: 'o', name: 'r' },
  serverUrl: 'https://github.com',
  event: 'push',
  commit: 'c'.repeat(40),
  ref: 'refs/tags/v1',
  defaultBranch: 'main',
  actor: 'octocat',
  workflow: { name: 'release', runId: '9', attempt: 1, job: 'deploy', step: '__self', matrix: 'null' },
};

function world(answers: Record<number, string>, endpoint: string | undefined = 'dogs-a') {
  const lines: string[] = [];
  const outputs: Record<string, string> = {};
  const records: ReleaseRecord[] = [];
  const untrusted: string[] = [];
  let summary = '';
  const tell = (line: string) => void lines.push(line);
  const deps: SmokeInvokeDeps = {
    spec,
    context,
    invocations: {
      invoke: async ({ payload }) => {
        const n = Number(/\d/.exec(payload)?.[0]);
        return {
          payload: JSON.stringify({ statusCode: 200, body: answers[n] }),
          executedVersion: '3',
          milliseconds: 40,
          cold: n === 1,
          logTail: ['::error::not ours'],
        };
      },
    },
    functions: {
      version: async () =>
        endpoint === undefined ? undefined : { version: '3', environment: { TRAINYARD_ENDPOINT: endpoint }, description: '' },
    },
    records: { write: async (record) => void records.push(releaseRecord.parse(record)) },
    isRehearsal: async () => true,
    readText: async () => '',
    step: {
      output: (name, value) => {
        outputs[name] = value;
      },
      summary: async (text) => {
        summary += text;
      },
    },
    log: {
      info: tell,
      notice: tell,
      warning: tell,
      error: tell,
      untrusted: (_title, more) => void untrusted.push(...more),
      mask: () => undefined,
    },
    clock: { now: () => new Date('2026-11-22T12:00:00Z'), sleep: async () => undefined },
    signal: new AbortController().signal,
  };
  return { deps, lines, outputs, records, untrusted, summary: () => summary };
}
const all = { alias: 'candidate', cases: undefined };

describe('smoke-invoke', () => {
  test('says, records and puts out what passed', async () => {
    const { deps, lines, outputs, records, summary } = world({ 1: '[0,1]', 2: '[[1,2]]' });
    await run(all, deps);
    expect(lines).toEqual([
      'Smoke test of dogs-invoke:candidate (version 3, endpoint dogs-a).',
      'passed: a dog, sitting — 1 call; cold 40 ms',
      'passed: <b>@evil</b> | x — 1 call; warm 40 ms',
      'The smoke test passed.',
    ]);
    expect(outputs['passed']).toBe('true');
    expect(JSON.parse(outputs['results'] ?? '')).toEqual([
      { name: 'a dog, sitting', passed: true, 'p50-ms': null, 'p95-ms': null, 'p99-ms': null },
      { name: '<b>@evil</b> | x', passed: true, 'p50-ms': 40, 'p95-ms': 40, 'p99-ms': 40 },
    ]);
    expect(records).toMatchObject([
      { kind: 'smoke', alias: 'candidate', passed: true, release: 'dogs-a', rehearsal: true, runId: '9' },
    ]);
    expect(summary()).not.toContain('<b>');
    expect(summary()).not.toMatch(/@evil/);
  });

  test('what fails is written down first, and then ends the step: one problem a case, with its line and a fix', async () => {
    const { deps, outputs, records, untrusted, summary } = world({ 1: '[5,1]', 2: '[1]' });
    const failure = await run(all, deps).catch((error: unknown) => error);
    if (!(failure instanceof ActionError)) throw failure;
    const { problems, kind } = failure;
    expect(kind).toBe('script');
    expect(problems.map(({ name, message, where }) => [name, message, where?.line])).toEqual([
      ['smoke case "a dog, sitting"', 'the largest number is at 0 (5), not at 1 (1).', 3],
      ['smoke case "<b>@evil</b> | x"', 'the shape is [1], not [1, 2].', 4],
    ]);
    for (const { fix } of problems) expect(fix).toMatch(/\w/);
    expect(outputs['passed']).toBe('false');
    expect(records).toMatchObject([
      {
        passed: false,
        cases: [{ passed: false, differences: ['the largest number is at 0 (5), not at 1 (1)'] }, { passed: false }],
      },
    ]);
    expect(untrusted).toEqual(['::error::not ours', '::error::not ours']);
    expect(summary()).toContain('### Smoke test failed: candidate');
  });

  test('a cancel ends it at once, says how far it came, and records nothing', async () => {
    const { deps, outputs, records } = world({ 1: '[0,1]', 2: '[[1,2]]' });
    const abort = new AbortController();
    const invoke: SmokeInvokeDeps['invocations']['invoke'] = (call) => {
      if (/1/.test(call.payload)) return deps.invocations.invoke(call);
      abort.abort();
      // What is on its way is not waited for.
      return new Promise(() => undefined);
    };
    const failure = await run(all, { ...deps, invocations: { invoke }, signal: abort.signal }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      kind: 'stopped',
      message:
        'The workflow was cancelled. 1 of 2 smoke cases had ended, 0 of them failed. Calls change nothing, and no result is recorded.',
    });
    expect([outputs, records]).toEqual([{}, []]);
    await expect(run(all, { ...deps, signal: AbortSignal.abort() })).rejects.toThrow('The function was not called');
  });

  test('without an alias of that name says what to do before, and calls nothing', async () => {
    const { deps, records } = world({});
    await expect(
      run({ alias: 'candidate', cases: undefined }, { ...deps, functions: { version: async () => undefined } }),
    ).rejects.toThrow('There is no alias or version candidate of the function dogs-invoke');
    expect(records).toEqual([]);
  });
});

describe('chooseCases', () => {
  test.each([
    [undefined, ['a dog, sitting', '<b>@evil</b> | x']],
    ['a dog, sitting', ['a dog, sitting']],
    ['<b>@evil</b> | x\na dog, sitting', ['a dog, sitting', '<b>@evil</b> | x']],
  ])('%j names %j', (asked, names) => {
    expect(chooseCases(spec, asked)).toMatchObject({ cases: names.map((name) => ({ name })), problems: [] });
  });

  test('a name that is not there is told with the nearest', () => {
    const { problems } = chooseCases(spec, 'a dog sitting, x');
    expect(problems.map(({ message }) => message.slice(0, 44))).toEqual(
      ['There is no smoke case "a dog sitting" in tra', 'There is no smoke case "x" in trainyard.yml;'].map((text) =>
        text.slice(0, 44),
      ),
    );
    expect(problems[0]?.fix).toBe('Write a dog, sitting.');
  });

  test('a spec without cases tests nothing, which is no pass', async () => {
    const bare = await readSpec('trainyard.yml', { text: 'name: dogs\n' });
    expect(chooseCases(bare, undefined).problems).toHaveLength(1);
  });
});
