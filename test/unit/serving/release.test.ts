import { describe, expect, test } from '@jest/globals';
import type { RunContext } from '../../../src/records/context.ts';
import { getLiveConfigName, getReleaseName } from '../../../src/serving/names.ts';
import { findExpiry, formatExpiry, servesThisModel } from '../../../src/serving/ownership.ts';
import { getReleaseHash, type ReleaseIngredients } from '../../../src/serving/release-hash.ts';
import { findEndpointBudgetProblem, findMonthlyUsd, getStandingInstances } from '../../../src/serving/serving-cost.ts';
import type { ServeSpec, Spec } from '../../../src/spec/spec.ts';
import { now } from './samples.ts';

const serve: ServeSpec = {
  entryPoint: 'inference.py',
  image: 'scikit-learn-1.4-2',
  instanceType: 'ml.m5.large',
  instanceCount: 1,
  strategy: 'alias',
  environment: {},
  lambda: { memoryMb: 256, timeoutSeconds: 30 },
  candidateTtlSeconds: 7200,
  keepPreviousSeconds: 3600,
  rollout: { kind: 'all-at-once', waitSeconds: 0, alarms: [] },
};
const ingredients: ReleaseIngredients = {
  model: { etag: 'e', bytes: 10 },
  codeHash: 'c',
  image: 'uri',
  serve,
  instances: 1,
  network: { subnets: [], securityGroups: [], isolation: false },
  kmsKey: undefined,
  handlerHash: 'h',
};

describe('getReleaseHash', () => {
  const hash = getReleaseHash(ingredients);

  test('is 64 hex digits, of which ten are the name', () => {
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(getReleaseName('dogs', hash)).toBe(`dogs-${hash.slice(0, 10)}`);
  });

  test.each<[string, Partial<ReleaseIngredients>]>([
    ['model', { model: { etag: 'other', bytes: 10 } }],
    ['code', { codeHash: 'd' }],
    ['image', { image: 'other' }],
    ['machines', { instances: 2 }],
    ['instance type', { serve: { ...serve, instanceType: 'ml.m5.xlarge' } }],
    ['environment', { serve: { ...serve, environment: { A: '1' } } }],
    ['function', { serve: { ...serve, lambda: { memoryMb: 512, timeoutSeconds: 30 } } }],
    ['handler', { handlerHash: 'i' }],
    ['network', { network: { subnets: ['s'], securityGroups: [], isolation: false } }],
  ])('another %s is another release', (_what, change) => {
    expect(getReleaseHash({ ...ingredients, ...change })).not.toBe(hash);
  });

  test('times to live and rollouts make no other release', () => {
    const later = { ...serve, candidateTtlSeconds: 1, keepPreviousSeconds: 1, rollout: { ...serve.rollout, alarms: ['a'] } };
    expect(getReleaseHash({ ...ingredients, serve: later })).toBe(hash);
  });
});

const spec = (endpointPerMonthUsd?: number) =>
  // Only what is read here.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  ({ serve, budget: endpointPerMonthUsd === undefined ? {} : { endpointPerMonthUsd } }) as Spec;

test('a live configuration says its machines', () => {
  expect([1, 3].map((count) => getLiveConfigName('dogs-0a', count))).toEqual(['dogs-0a', 'dogs-0a-x3']);
});

describe('cost', () => {
  const known = { kind: 'known', usdPerHour: 0.115, source: 'table', quality: 'observed', date: '2026-08-11' } as const;
  const unknown = { kind: 'unknown', why: 'no price' } as const;

  test('a month has 730 hours, and an unknown price is no number', () => {
    expect(findMonthlyUsd(known, 2)).toBeCloseTo(167.9);
    expect(findMonthlyUsd(unknown, 2)).toBeUndefined();
  });

  test.each([
    [undefined, 3],
    [{ min: 1, max: 2 }, 2],
    [{ min: 5, max: 9 }, 5],
    [{ min: 1, max: 9 }, 3],
  ])('scaling %j of three machines leaves %i', (range, count) => {
    const endpoint = range && { ...range, invocationsPerMinute: 1, scaleInCooldownSeconds: 1, scaleOutCooldownSeconds: 1 };
    expect(getStandingInstances({ serve: { ...serve, instanceCount: 3 }, ...(endpoint ? { scaling: { endpoint } } : {}) })).toBe(
      count,
    );
  });

  test('the budget holds at the price of a month', () => {
    expect(findEndpointBudgetProblem(spec(84), known, 1)).toBeUndefined();
    expect(findEndpointBudgetProblem(spec(83), known, 1)?.message).toMatch(
      /\$83\.95 a month \(1 × ml\.m5\.large\), more than the \$83\.00/,
    );
    expect(findEndpointBudgetProblem(spec(83), unknown, 1)?.message).toMatch(/unknown.*no price/);
    expect(findEndpointBudgetProblem(spec(), unknown, 1)).toBeUndefined();
  });
});

describe('ownership', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const context = { repository: { id: '1', owner: 'octo', name: 'models' } } as RunContext;
  test.each([
    [{ 'trainyard:repo': 'octo/models', 'trainyard:name': 'dogs' }, true],
    [{ 'trainyard:repo': 'octo/models', 'trainyard:name': 'cats' }, false],
    [{ 'trainyard:repo': 'else/models', 'trainyard:name': 'dogs' }, false],
    [{}, false],
  ])('%j: %s', (tags, ours) => {
    expect(servesThisModel(tags, context, 'dogs')).toBe(ours);
  });

  test('an expiry is read as it was written, and never is none', () => {
    expect(findExpiry({ 'trainyard:expires-at': formatExpiry(now) })).toEqual(now);
    expect(findExpiry({ 'trainyard:expires-at': 'never' })).toBeUndefined();
    expect(findExpiry({})).toBeUndefined();
  });
});
