import { describe, expect, test } from '@jest/globals';
import { averageOf, findIdleHosts, resample, summariseUse } from '../../../src/training/utilisation.ts';

const points = (...pairs: [at: number, percent: number][]) => pairs.map(([at, percent]) => ({ at, percent }));

describe('the average of a series', () => {
  test.each([
    ['nothing', points(), undefined],
    ['one sample', points([0, 40]), 40],
    ['even samples', points([0, 10], [1, 20], [2, 60]), 30],
    ['samples out of order', points([2, 60], [0, 10], [1, 20]), 30],
    // 10 holds for 1 s, 100 for 3 s but counts 2 (twice the usual gap), 10 and 10 for 1 s each.
    ['a hole, which was not measured', points([0, 10], [1, 100], [4, 10], [5, 10]), (10 + 200 + 10 + 10) / 5],
    ['samples at one instant', points([3, 10], [3, 30]), 30],
  ])('of %s', (_, series, average) => {
    expect(Math.round((averageOf(series) ?? -1) * 1e9)).toBe(Math.round((average ?? -1) * 1e9));
  });
});

describe('the use of a run', () => {
  const utilisation = {
    coverage: 'complete' as const,
    hosts: [
      { host: 'algo-1', cpu: points([0, 80], [1, 90]), memory: [] },
      { host: 'algo-2', cpu: points([0, 2], [1, 4]), memory: [] },
      { host: 'algo-3', cpu: [], memory: [] },
    ],
  };

  test('is the mean of the hosts that were measured, and counts the others', () => {
    expect(summariseUse(utilisation, 'cpu', 3)).toMatchObject({ average: 44, peak: 90, silentHosts: 1 });
  });

  test('is unknown without a sample', () => expect(summariseUse(utilisation, 'memory', 3)).toBeUndefined());

  test('tells which host idled', () => {
    const use = summariseUse(utilisation, 'cpu', 3);
    expect(use && findIdleHosts(use).map((host) => host.host)).toEqual(['algo-2']);
  });

  test('calls nobody idle when all rest', () => {
    const use = summariseUse(
      {
        coverage: 'complete',
        hosts: [
          { host: 'a', cpu: points([0, 3]), memory: [] },
          { host: 'b', cpu: points([0, 2]), memory: [] },
        ],
      },
      'cpu',
      2,
    );
    expect(use && findIdleHosts(use)).toEqual([]);
  });
});

describe('resampling', () => {
  test('lets a sample stand until the next one, over finer and coarser parts', () => {
    const series = points([0, 10], [2, 20], [4, 30]);
    expect(resample(series, 6, 6)).toEqual([10, 10, 20, 20, 30, 30]);
    expect(resample(series, 2, 6)).toEqual([(10 * 2 + 20) / 3, (20 + 30 * 2) / 3]);
  });

  test('leaves a hole and the time after the end empty', () => {
    expect(resample(points([0, 10], [1, 10], [2, 10], [8, 50]), 10, 10)).toEqual([
      10,
      10,
      10,
      10,
      undefined,
      undefined,
      undefined,
      undefined,
      50,
      undefined,
    ]);
  });

  test('keeps the mean', () => {
    const series = Array.from({ length: 100 }, (_, at) => ({ at, percent: (at * 37) % 100 }));
    const parts = resample(series, 7, 100);
    expect(parts.reduce((sum: number, value) => sum + (value ?? 0), 0) / 7).toBeCloseTo(averageOf(series) ?? 0);
  });
});
