import { describe, expect, test } from '@jest/globals';
import type { Price, RunRecord, RunState } from '../../../src/records/record.ts';
import { findCeilingUsd, findCostUsd, getSpending } from '../../../src/training/cost.ts';
import { formatUsd } from '../../../src/training/money.ts';
import { makeRecord } from '../records/sample.ts';

const price = (usdPerHour: number): Price => ({
  kind: 'known',
  usdPerHour,
  source: 'table',
  quality: 'observed',
  date: '2026-09-28',
});
const unknown: Price = { kind: 'unknown', why: 'no table' };

describe('what a run cost', () => {
  test('1,072 s and 1,163 s of ml.m5.xlarge are 14.28 cents', () => {
    const total = (findCostUsd(1072, 1, price(0.23)) ?? 0) + (findCostUsd(1163, 1, price(0.23)) ?? 0);
    expect(formatUsd(total)).toBe('$0.1428');
    expect(total).toBeCloseTo((2235 / 3600) * 0.23, 12);
  });

  test.each<[string, number | undefined, number, Price, number | undefined]>([
    ['each instance is billed', 3600, 3, price(0.5), 1.5],
    ['nothing billed is nothing, at any price', 0, 2, unknown, 0],
    ['an unknown price is unknown, not $0', 10, 1, unknown, undefined],
    ['an unknown time is unknown, not $0', undefined, 1, price(1), undefined],
  ])('%s', (_, seconds, count, at, expected) => {
    expect(findCostUsd(seconds, count, at)).toBe(expected);
  });
});

describe('what a run can cost at most', () => {
  const run = {
    prices: [price(1)],
    instanceCount: 1,
    maxRuntimeSeconds: 3600,
    keepAliveSeconds: 0,
    volumeGb: 0,
    region: 'us-east-1',
  };

  test.each([
    ['the time limit and the grace after it', {}, 3720 / 3600],
    ['the dearest fallback', { prices: [price(1), price(3), price(2)] }, (3 * 3720) / 3600],
    ['every instance', { instanceCount: 4 }, (4 * 3720) / 3600],
    ['a warm pool', { keepAliveSeconds: 1800 }, 5520 / 3600],
    ['volumes', { volumeGb: 730 }, (3720 / 3600) * 1.14],
    ['volumes elsewhere at the dearer price', { volumeGb: 730, region: 'ap-south-1' }, (3720 / 3600) * 1.154],
  ])('counts %s', (_, more, expected) => {
    expect(findCeilingUsd({ ...run, ...more })).toBeCloseTo(expected, 10);
  });

  test('is unknown when one fallback is', () => {
    expect(findCeilingUsd({ ...run, prices: [price(1), unknown] })).toBeUndefined();
  });
});

const record = (name: string, state: RunState, more: Partial<RunRecord> = {}) => makeRecord({ name, state, ...more });

describe('what a pull request has spent', () => {
  test('adds what ended to what may still be billed, and names what nobody knows', () => {
    const records = [
      record('a', { status: 'completed' }, { costUsd: 1 }),
      record('b', { status: 'reused', record: 'r', name: 'a', commit: 'c' }, { costUsd: 0 }),
      record('c', { status: 'submitted' }, { asked: { ...makeRecord().asked, ceilingUsd: 5 } }),
      record('d', { status: 'stopped', cause: 'cancelled', reason: 'x' }),
      record('e', { status: 'completed' }, { costUsd: 100, rehearsal: true }),
    ];
    expect(getSpending(records, false)).toEqual({ spentUsd: 1, committedUsd: 5, unknown: ['d'] });
    expect(getSpending(records, true).spentUsd).toBe(100);
  });
});

test.each([
  [0, '$0'],
  [0.00001, 'under $0.0001'],
  [0.0012, '$0.0012'],
  [0.14279, '$0.1428'],
  [1.426, '$1.43'],
  [1234.5, '$1,234.50'],
])('%d USD reads %s', (usd, text) => {
  expect(formatUsd(usd)).toBe(text);
});
