import { describe, expect, test } from '@jest/globals';
import { findProvisionedPrice } from '../../../src/prices/lambda-price.ts';
import { applyScaling, judgeProvisioned } from '../../../src/serving/scaling-apply.ts';
import { checkScaling, type ScalingLimits } from '../../../src/serving/scaling-check.ts';
import { findProvisionedUsdPerMonth } from '../../../src/serving/scaling-cost.ts';
import { planScaling, type Provisioned, type ScalingSituation } from '../../../src/serving/scaling-plan.ts';
import type { Concurrency, EndpointScaling } from '../../../src/serving/ports.ts';
import type { ScalingSpec } from '../../../src/spec/spec.ts';

const wanted: ScalingSpec = {
  endpoint: { min: 1, max: 4, invocationsPerMinute: 30, scaleInCooldownSeconds: 300, scaleOutCooldownSeconds: 60 },
  lambda: { provisioned: 2, reserved: 10 },
};
const policy = { invocationsPerMinute: 30, scaleInCooldownSeconds: 300, scaleOutCooldownSeconds: 60 };
const bare: ScalingSituation = {
  functionName: 'dogs-invoke',
  version: '4',
  endpoint: 'dogs-a',
  scaling: undefined,
  reserved: undefined,
  provisioned: undefined,
};
const ready = (requested: number): Provisioned => ({ requested, available: requested, status: 'READY' });
const done: ScalingSituation = { ...bare, scaling: { min: 1, max: 4, policy }, reserved: 10, provisioned: ready(2) };

describe('planScaling', () => {
  test('from nothing: set aside first, then machines, warm environments last', () => {
    const plan = planScaling(wanted, bare);
    expect(plan.steps).toEqual([
      { kind: 'reserve', concurrency: 10 },
      { kind: 'register', min: 1, max: 4 },
      { kind: 'put-policy', policy },
      { kind: 'provision', concurrency: 2 },
      { kind: 'await-provisioned', concurrency: 2 },
    ]);
    expect(plan.changes).toEqual([
      { setting: 'Reserved concurrency', after: '10' },
      { setting: 'Machines of dogs-a', after: '1 to 4' },
      { setting: 'Scaling target of dogs-a', after: '30 calls per minute and machine, pauses 60 s out and 300 s in' },
      { setting: 'Provisioned concurrency of version 4', after: '2' },
    ]);
    expect(plan.notes).toEqual(['dogs-invoke takes 10 calls at once from now on, live included; it had no limit of its own.']);
  });

  test('a second run changes nothing', () => {
    expect(planScaling(wanted, done)).toEqual({ steps: [], changes: [], notes: [] });
    expect(planScaling(undefined, bare)).toEqual({ steps: [], changes: [], notes: [] });
  });

  test.each<[string, ScalingSpec | undefined, Partial<ScalingSituation>, string[], string[]]>([
    [
      'reserved is raised',
      { ...wanted, lambda: { ...wanted.lambda, reserved: 20 } },
      {},
      ['reserve'],
      ['Reserved concurrency: 10 → 20'],
    ],
    ['reserved is never lowered', { ...wanted, lambda: { provisioned: 2, reserved: 5 } }, {}, [], []],
    ['reserved is never removed', { ...wanted, lambda: { provisioned: 2 } }, {}, [], []],
    ['another range', wanted, { scaling: { min: 2, max: 2, policy } }, ['register'], ['Machines of dogs-a: 2 → 1 to 4']],
    [
      'another target',
      wanted,
      { scaling: { min: 1, max: 4, policy: { ...policy, invocationsPerMinute: 60 } } },
      ['put-policy'],
      [
        'Scaling target of dogs-a: 60 calls per minute and machine, pauses 60 s out and 300 s in → 30 calls per minute and machine, pauses 60 s out and 300 s in',
      ],
    ],
    [
      'a range without our policy',
      wanted,
      { scaling: { min: 1, max: 4 } },
      ['put-policy'],
      ['Scaling target of dogs-a: – → 30 calls per minute and machine, pauses 60 s out and 300 s in'],
    ],
    [
      'warm environments that failed',
      wanted,
      { provisioned: { requested: 2, available: 0, status: 'FAILED' } },
      ['provision', 'await-provisioned'],
      ['Provisioned concurrency of version 4: 2, failed → 2'],
    ],
    [
      'warm environments on their way are waited for',
      wanted,
      { provisioned: { requested: 2, available: 1, status: 'IN_PROGRESS' } },
      ['await-provisioned'],
      [],
    ],
    [
      'no warm environments any more',
      { ...wanted, lambda: { reserved: 10 } },
      {},
      ['unprovision'],
      ['Provisioned concurrency of version 4: 2 → –'],
    ],
    [
      'no scaling any more',
      { lambda: wanted.lambda ?? {} },
      {},
      ['deregister'],
      [
        'Machines of dogs-a: 1 to 4 → –',
        'Scaling target of dogs-a: 30 calls per minute and machine, pauses 60 s out and 300 s in → –',
      ],
    ],
    ['somebody else’s policy is left alone', { lambda: wanted.lambda ?? {} }, { scaling: { min: 1, max: 9 } }, [], []],
  ])('%s', (_what, spec, seen, steps, changes) => {
    const plan = planScaling(spec, { ...done, ...seen });
    expect(plan.steps.map(({ kind }) => kind)).toEqual(steps);
    expect(plan.changes.map(({ setting, before = '–', after = '–' }) => `${setting}: ${before} → ${after}`)).toEqual(changes);
  });

  test('what is not done is said with its reason', () => {
    expect(planScaling({ lambda: { reserved: 5 } }, { ...bare, reserved: 10 }).notes).toEqual([
      'Reserved concurrency of dogs-invoke stays 10, not 5: lowering it could throttle live.',
    ]);
    expect(planScaling({}, { ...bare, reserved: 10 }).notes).toEqual([
      'Reserved concurrency of dogs-invoke stays 10: the spec says nothing of it.',
    ]);
  });
});

const spec = (scaling: ScalingSpec) => ({ path: 'trainyard.yml', lines: { 'scaling.lambda.reserved': 40 }, scaling });

describe('checkScaling', () => {
  const limits: ScalingLimits = {
    account: { total: 1000, unreserved: 1000 },
    others: [],
    weighted: false,
    status: 'InService',
    instanceType: 'ml.m5.large',
  };
  const check = (scaling: ScalingSpec, seen: Partial<ScalingSituation> = {}, more: Partial<ScalingLimits> = {}) =>
    checkScaling(spec(scaling), { ...bare, ...seen }, { ...limits, ...more }).map(({ name, message }) => `${name}: ${message}`);

  test('nothing is wrong with what AWS would take', () => {
    expect(check(wanted)).toEqual([]);
    expect(check({ lambda: { reserved: 900 } })).toEqual([]);
    expect(check({ lambda: { provisioned: 900 } })).toEqual([]);
    expect(check({ lambda: { reserved: 950 } }, { reserved: 60 }, { account: { total: 1000, unreserved: 990 } })).toEqual([]);
    expect(check({ lambda: { reserved: 10, provisioned: 5 } }, {}, { others: [{ version: '3', provisioned: 5 }] })).toEqual([]);
  });

  test.each<[string, ScalingSpec, Partial<ScalingSituation>, Partial<ScalingLimits>, RegExp]>([
    [
      'a new account reserves nothing',
      { lambda: { reserved: 1 } },
      {},
      { account: { total: 10, unreserved: 10 } },
      /^scaling\.lambda\.reserved: It is 1, and at most 0 can be had: this account has 10 concurrent executions, 10 of them not reserved, and Lambda keeps 10 for all functions\.$/,
    ],
    [
      'and provisions nothing',
      { lambda: { provisioned: 1 } },
      {},
      { account: { total: 10, unreserved: 10 } },
      /^scaling\.lambda\.provisioned: It is 1, and at most 0/,
    ],
    ['the floor of 100', { lambda: { reserved: 901 } }, {}, {}, /at most 900 can be had/],
    [
      'what others have reserved',
      { lambda: { reserved: 50 } },
      {},
      { account: { total: 1000, unreserved: 120 } },
      /at most 20 can be had/,
    ],
    [
      'what the function itself has counts for it',
      { lambda: { reserved: 50 } },
      { reserved: 20 },
      { account: { total: 1000, unreserved: 120 } },
      /at most 40 can be had/,
    ],
    [
      'both versions are warm until the promotion is over',
      { lambda: { reserved: 3, provisioned: 2 } },
      {},
      { others: [{ version: '3', provisioned: 2 }] },
      /It is 2, and the function has only 3 reserved; version 3 holds 2 until the promotion is over\.$/,
    ],
    [
      'what was reserved before and is not in the spec',
      { lambda: { provisioned: 5 } },
      { reserved: 4 },
      {},
      /the function has only 4 reserved\.$/,
    ],
    [
      'burstable machines',
      { endpoint: { min: 1, max: 2, ...policy } },
      {},
      { instanceType: 'ml.t2.medium' },
      /^scaling\.endpoint: AWS does not scale burstable machines, and the endpoint runs on ml\.t2\.medium\.$/,
    ],
    ['a weighted alias', {}, {}, { weighted: true }, /^alias candidate of dogs-invoke: It is weighted between two versions/],
    ['an endpoint that is gone', {}, {}, { status: 'missing' }, /^endpoint dogs-a: The candidate does not exist any more/],
    [
      'an endpoint that is not there yet',
      {},
      {},
      { status: 'Creating' },
      /^endpoint dogs-a: It is Creating; AWS scales only what is InService\.$/,
    ],
  ])('%s', (_what, scaling, seen, more, message) => {
    expect(check(scaling, seen, more)).toEqual([expect.stringMatching(message)]);
  });

  test('all at once, each with a fix and its line', () => {
    const problems = checkScaling(spec({ ...wanted, lambda: { reserved: 5000, provisioned: 6000 } }), bare, {
      ...limits,
      weighted: true,
      status: 'Failed',
      instanceType: 'ml.t3.large',
    });
    expect(problems.map(({ name }) => name)).toEqual([
      'alias candidate of dogs-invoke',
      'endpoint dogs-a',
      'scaling.endpoint',
      'scaling.lambda.reserved',
      'scaling.lambda.provisioned',
    ]);
    for (const { fix } of problems) expect(fix).toMatch(/\w/);
    expect(problems[3]?.where).toEqual({ file: 'trainyard.yml', line: 40 });
  });
});

function world(states: (Provisioned | undefined)[]) {
  const calls: string[] = [];
  const lines: string[] = [];
  let now = 0;
  const concurrency: Concurrency = {
    account: async () => ({ total: 1, unreserved: 1 }),
    reserved: async () => undefined,
    putReserved: async (name, count) => void calls.push(`reserve ${name} ${count}`),
    provisioned: async () => (states.length > 1 ? states.shift() : states[0]),
    putProvisioned: async (name, version, count) => void calls.push(`provision ${name}:${version} ${count}`),
    deleteProvisioned: async (name, version) => void calls.push(`unprovision ${name}:${version}`),
  };
  const scaling: EndpointScaling = {
    read: async () => undefined,
    register: async (endpoint, variant, { min, max }) => void calls.push(`register ${endpoint}/${variant} ${min} ${max}`),
    putPolicy: async (endpoint, variant, { invocationsPerMinute }) =>
      void calls.push(`policy ${endpoint}/${variant} ${invocationsPerMinute}`),
    deregister: async (endpoint, variant) => void calls.push(`deregister ${endpoint}/${variant}`),
  };
  const clock = {
    now: () => new Date(now),
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  return {
    calls,
    lines,
    elapsed: () => now,
    deps: {
      concurrency,
      scaling,
      clock,
      log: { info: (line: string) => void lines.push(line) },
      signal: new AbortController().signal,
      onDone: () => undefined,
    },
  };
}

describe('applyScaling', () => {
  test('does the steps in their order and waits until all environments are warm', async () => {
    const progress = { requested: 2, available: 1, status: 'IN_PROGRESS' } as const;
    const { calls, lines, deps } = world([undefined, progress, progress, ready(2)]);
    await applyScaling(planScaling(wanted, bare).steps, bare, deps);
    expect(calls).toEqual([
      'reserve dogs-invoke 10',
      'register dogs-a/all 1 4',
      'policy dogs-a/all 30',
      'provision dogs-invoke:4 2',
    ]);
    expect(lines).toEqual([
      'Provisioned concurrency of dogs-invoke, version 4: not to be seen yet.',
      'Provisioned concurrency of dogs-invoke, version 4: IN_PROGRESS, 1 of 2 ready.',
      'Provisioned concurrency of dogs-invoke, version 4: READY, 2 of 2 ready.',
    ]);
  });

  test.each<[string, Provisioned | undefined, RegExp]>([
    [
      'failed',
      { requested: 2, available: 0, status: 'FAILED', reason: 'FUNCTION_ERROR_INIT_FAILURE.' },
      /failed: FUNCTION_ERROR_INIT_FAILURE\.$/,
    ],
    [
      'never ready',
      { requested: 2, available: 1, status: 'IN_PROGRESS' },
      /was not ready after 20 m 00 s; it goes on without this step\.$/,
    ],
    ['removed by somebody', undefined, /somebody else removed it\.$/],
  ])('environments that come to %s end the step with the reason', async (_what, state, message) => {
    const { deps } = world([state]);
    await expect(applyScaling([{ kind: 'await-provisioned', concurrency: 2 }], bare, deps)).rejects.toThrow(message);
  });

  test('READY for another number is the state from before', () => {
    expect(judgeProvisioned(ready(1), 2, 0)).toBeUndefined();
    expect(judgeProvisioned(ready(2), 2, 0)).toBe('ready');
  });
});

describe('what warm environments cost', () => {
  test('two of 256 MB in us-east-1', () => {
    expect(findProvisionedUsdPerMonth(findProvisionedPrice('us-east-1'), 2, 256)).toBeCloseTo(
      0.0000041667 * 0.25 * 2 * 730 * 3600,
      6,
    );
    expect(findProvisionedUsdPerMonth(findProvisionedPrice('us-east-1'), 2, 256)).toBeCloseTo(5.475, 2);
  });

  test('a region without a price is unknown, never free', () => {
    expect(findProvisionedPrice('mars-1')).toEqual({ kind: 'unknown', why: expect.stringContaining('mars-1') });
    expect(findProvisionedPrice('toString').kind).toBe('unknown');
    expect(findProvisionedUsdPerMonth(findProvisionedPrice('mars-1'), 2, 256)).toBeUndefined();
    expect(findProvisionedUsdPerMonth(findProvisionedPrice('mars-1'), 0, 256)).toBe(0);
  });
});
