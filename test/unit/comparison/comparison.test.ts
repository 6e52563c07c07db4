import { describe, expect, test } from '@jest/globals';
import { changeSince, rank } from '../../../src/training/comparison.ts';
import { findDirection, findPrimaryMetric } from '../../../src/training/metric-direction.ts';
import { failed, multi, record, running } from '../report/fixtures.ts';

describe('which way is better', () => {
  test.each([
    ['test-loss', 'lower'],
    ['validation:error', 'lower'],
    ['RMSE', 'lower'],
    ['test accuracy', 'higher'],
    ['f1', 'higher'],
    ['throughput', undefined],
    ['glossary', undefined],
    ['mapped', undefined],
  ])('of %s', (name, direction) => expect(findDirection(name)).toBe(direction));

  test('is what the objective says, against the name', () => {
    expect(findDirection('loss-avoided', { goal: 'maximize', metric: 'loss-avoided' })).toBe('higher');
  });

  test.each([
    [['train-loss', 'test-loss', 'test-accuracy'], 'test-accuracy'],
    [['train-loss', 'val-loss'], 'val-loss'],
    [['train-loss', 'images-per-second'], 'train-loss'],
    [['images-per-second'], undefined],
  ])('the verdict on %j rests on %s', (names, metric) => expect(findPrimaryMetric(names)).toBe(metric));
});

describe('ranking', () => {
  test('names the cheapest, the fastest and the best', () => {
    const better = record({
      label: 'slow',
      trainingSeconds: 5000,
      costUsd: 1,
      metrics: [{ name: 'test-accuracy', value: 0.99 }],
    });
    const { cheapest, fastest, best } = rank([record(), multi, better]);
    expect([cheapest?.label, fastest?.label, best?.record.label, best?.value]).toEqual(['multi', 'multi', 'slow', 0.99]);
  });

  test('calls nobody the cheapest while a price is unknown', () => {
    const { costUsd: _, ...unpriced } = record({ label: 'other' });
    expect(rank([multi, unpriced]).cheapest).toBeUndefined();
  });

  test('does not count what failed or still runs', () => {
    expect(rank([record(), failed, running]).fastest?.label).toBe('single');
    expect(rank([failed, running])).toEqual({});
  });
});

describe('the change since main', () => {
  const before = record({
    costUsd: 0.1,
    trainingSeconds: 1000,
    metrics: [
      { name: 'test-loss', value: 0.2 },
      { name: 'speed', value: 1 },
    ],
  });

  test('judges metrics by their direction and leaves unknown ones unjudged', () => {
    const now = record({
      costUsd: 0.05,
      trainingSeconds: 2000,
      metrics: [
        { name: 'test-loss', value: 0.3 },
        { name: 'speed', value: 2 },
        { name: 'new', value: 1 },
      ],
    });
    expect(changeSince(now, [before])).toEqual({
      metrics: [
        { name: 'test-loss', now: 0.3, before: 0.2, judgement: 'worse' },
        { name: 'speed', now: 2, before: 1, judgement: 'unknown' },
      ],
      costRatio: 0.5,
      durationRatio: 2,
    });
  });

  test('says when main ran on another machine', () => {
    expect(changeSince({ ...multi, label: 'single' }, [before])?.otherMachine).toBe('1 × ml.m5.xlarge');
  });

  test('gives no ratio against a run that cost nothing or whose cost is unknown', () => {
    const reused = { ...before, state: { status: 'reused' as const, record: 'r', name: 'n', commit: 'c' }, costUsd: 0 };
    expect(changeSince(record(), [reused])?.costRatio).toBeUndefined();
  });

  test.each([
    ['another label', record({ label: 'other' })],
    ['a failed run', failed],
  ])('is unknown for %s', (_, now) => expect(changeSince(now, [before])).toBeUndefined());
});
