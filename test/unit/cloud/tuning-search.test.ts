import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { combinationAt, countCombinations } from '../../../src/cloud/services/sagemaker/tuning/grid.ts';
import { chooseScale, fromPosition, toPosition, type Scaled } from '../../../src/cloud/services/sagemaker/tuning/scaling.ts';
import { drawPoint, findPoint, writeValues, type Point, type Space } from '../../../src/cloud/services/sagemaker/tuning/space.ts';
import { createRungRule, stopBehindMedian } from '../../../src/cloud/services/sagemaker/tuning/stop-rules.ts';
import { suggest, type Strategy } from '../../../src/cloud/services/sagemaker/tuning/suggest.ts';
import { countNotImproving } from '../../../src/cloud/services/sagemaker/tuning/results.ts';
import { createRandom } from '../../../src/cloud/weather.ts';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const ends = (min: number, max: number) =>
  fc
    .tuple(number(min, max), number(min, max))
    .filter(([a, b]) => Math.abs(a - b) > 1e-6 * Math.abs(a + b))
    .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const scaled = fc.oneof(
  ends(-1e6, 1e6).map((range): Scaled => ({ min: range.min, max: range.max, scale: 'Linear' })),
  ends(1e-9, 1e6).map((range): Scaled => ({ min: range.min, max: range.max, scale: 'Logarithmic' })),
  ends(0, 0.999999).map((range): Scaled => ({ min: range.min, max: range.max, scale: 'ReverseLogarithmic' })),
);

describe('scales', () => {
  test('lead from 0 to 1 over the whole range, always upwards, and back', () => {
    fc.assert(
      fc.property(scaled, number(0, 1), number(0, 1), (range, a, b) => {
        expect(fromPosition(range, 0)).toBeCloseTo(range.min, 6);
        expect(fromPosition(range, 1)).toBeCloseTo(range.max, 6);
        const value = fromPosition(range, a);
        expect(value).toBeGreaterThanOrEqual(range.min);
        expect(value).toBeLessThanOrEqual(range.max);
        expect(toPosition(range, value)).toBeCloseTo(a, 5);
        if (a < b) expect(value).toBeLessThanOrEqual(fromPosition(range, b));
      }),
    );
  });

  test.each([
    ['Linear', 1, 9, 5],
    ['Logarithmic', 0.001, 0.1, 0.01],
    ['ReverseLogarithmic', 0.9, 0.999, 0.99],
  ] as const)('%s: half way from %d to %d is %d', (scale, min, max, middle) => {
    expect(fromPosition({ min, max, scale }, 0.5)).toBeCloseTo(middle, 9);
  });

  test.each([
    ['Auto', 0.001, 0.1, 'Logarithmic'],
    ['Auto', 0.1, 0.9, 'Linear'],
    ['Auto', 0, 1000, 'Linear'],
    [undefined, 1, 100, 'Logarithmic'],
    ['ReverseLogarithmic', 0.1, 0.9, 'ReverseLogarithmic'],
  ] as const)('%s from %d to %d is %s', (asked, min, max, scale) => {
    expect(chooseScale(asked, min, max)).toBe(scale);
  });
});

const space: Space = [
  { kind: 'continuous', name: 'rate', min: 1e-4, max: 1, scale: 'Logarithmic' },
  { kind: 'integer', name: 'units', min: 1, max: 64, scale: 'Linear' },
  { kind: 'categorical', name: 'kind', values: ['"x"', '"y"', '"z"'] },
];

describe('a space', () => {
  test('values that are drawn lie in their ranges, and are found again', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const values = writeValues(space, drawPoint(space, createRandom(seed)));
        const { rate = '', units = '', kind = '' } = values;
        expect(Number(rate)).toBeGreaterThanOrEqual(1e-4);
        expect(Number(rate)).toBeLessThanOrEqual(1);
        expect(units).toMatch(/^([1-9]|[1-5]\d|6[0-4])$/);
        expect(['"x"', '"y"', '"z"']).toContain(kind);
        expect(writeValues(space, findPoint(space, values) ?? [])).toEqual({
          ...values,
          rate: expect.stringMatching(rate.slice(0, 8).replaceAll('.', '\\.')),
        });
      }),
    );
  });

  test('the ends of an integer range are as likely as the middle', () => {
    const dice: Space = [{ kind: 'integer', name: 'n', min: 1, max: 6, scale: 'Linear' }];
    const random = createRandom(1);
    const counts = new Map<string, number>();
    for (let n = 0; n < 6000; n += 1) {
      const value = writeValues(dice, drawPoint(dice, random))['n'] ?? '';
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['1', '2', '3', '4', '5', '6']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  test.each([
    ['a missing one', { rate: '0.1', units: '3' }],
    ['one below its range', { rate: '0.00001', units: '3', kind: '"x"' }],
    ['one that is no number', { rate: '', units: '3', kind: '"x"' }],
    ['a category that is not there', { rate: '0.1', units: '3', kind: 'x' }],
  ])('values with %s lie nowhere', (_, values) => {
    expect(findPoint(space, values)).toBeUndefined();
  });

  test('a grid has every combination once', () => {
    const grid: Space = [
      { kind: 'categorical', name: 'a', values: ['1', '2'] },
      { kind: 'categorical', name: 'b', values: ['p', 'q', 'r'] },
    ];
    expect(countCombinations(grid)).toBe(6);
    expect(countCombinations(space)).toBe(Infinity);
    const texts = Array.from({ length: 6 }, (_, n) => Object.values(writeValues(grid, combinationAt(grid, n))).join(''));
    expect(texts).toEqual(['1p', '1q', '1r', '2p', '2q', '2r']);
  });
});

/** Best where the rate is about 0.03, the units are 20 and the kind is y. */
const lossAt = (point: Point) => ((point[0] ?? 0) - 0.63) ** 2 + 0.5 * ((point[1] ?? 0) - 0.3) ** 2 + (point[2] === 1 ? 0 : 0.1);

function search(strategy: Strategy, seed: number, trialCount: number, parents: readonly Point[] = []) {
  const random = createRandom(seed);
  const known = parents.map((point) => ({ point, loss: lossAt(point) }));
  const trials: { point: Point; loss: number }[] = [];
  while (trials.length < trialCount) {
    const { point } = suggest(strategy, space, { trials, parents: known }, random);
    trials.push({ point, loss: lossAt(point) });
  }
  return { points: trials.map(({ point }) => point), best: Math.min(...trials.map(({ loss }) => loss)) };
}

describe('choosing', () => {
  test('the estimator beats random search: over 24 seeds of 30 trials in most of them, and by far on average', () => {
    const seeds = Array.from({ length: 24 }, (_, seed) => seed);
    const pairs = seeds.map((seed) => [search('Bayesian', seed, 30).best, search('Random', 1000 + seed, 30).best] as const);
    const meanLog = (place: 0 | 1) => pairs.reduce((sum, pair) => sum + Math.log10(pair[place]), 0) / pairs.length;
    expect(pairs.filter(([estimated, random]) => estimated < random).length).toBeGreaterThan(17);
    expect(meanLog(0)).toBeLessThan(meanLog(1) - 0.5);
  });

  test('what parents found is a head start', () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const parents = search('Bayesian', 999, 30).points;
    const warm = seeds.filter((seed) => search('Bayesian', seed, 6, parents).best < search('Bayesian', seed, 6).best);
    expect(warm.length).toBeGreaterThan(28);
  });

  test.each(['Bayesian', 'Random', 'Hyperband'] as const)(
    '%s is the same for the same seed, and another for another',
    (strategy) => {
      expect(search(strategy, 7, 12)).toEqual(search(strategy, 7, 12));
      expect(search(strategy, 7, 12)).not.toEqual(search(strategy, 8, 12));
    },
  );

  test.each(['Bayesian', 'Random'] as const)('%s tries every one of a few combinations before it repeats one', (strategy) => {
    const few: Space = [{ kind: 'categorical', name: 'a', values: ['1', '2', '3', '4', '5', '6'] }];
    const trials: { point: Point; loss: number }[] = [];
    const random = createRandom(3);
    while (trials.length < 6) {
      const { point } = suggest(strategy, few, { trials, parents: [] }, random);
      trials.push({ point, loss: point[0] ?? 0 });
    }
    expect(new Set(trials.map(({ point }) => point[0]))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  test('it says how: at random until there is something to learn from', () => {
    const trials = search('Bayesian', 1, 4).points.map((point) => ({ point, loss: lossAt(point) }));
    const howOf = (strategy: Strategy, count: number) =>
      suggest(strategy, space, { trials: trials.slice(0, count), parents: [] }, createRandom(1)).how;
    expect(howOf('Bayesian', 3)).toBe('at random');
    expect(howOf('Bayesian', 4)).toMatch(/Parzen/);
    expect(howOf('Random', 4)).toBe('at random');
  });
});

describe('ending trials early', () => {
  test.each([
    ['ahead of the median', [0.4], [[0.5], [0.6], [0.7]], undefined],
    ['at the median', [0.6], [[0.5], [0.6], [0.7]], undefined],
    ['behind it', [0.61], [[0.5], [0.6], [0.7]], 'after 1 reports it is behind the median of 3 completed trials'],
    [
      'behind averages up to the same report',
      [9, 2],
      [
        [1, 1, 9],
        [3, 1],
        [2, 2],
      ],
      undefined,
    ],
    [
      'behind a mean of the two in the middle',
      [2.6],
      [[1], [2], [3], [4]],
      'after 1 reports it is behind the median of 4 completed trials',
    ],
    ['with too few to compare', [9], [[1], [1]], undefined],
    ['with trials that reported nothing', [9], [[1], [1], []], undefined],
    ['without a report', [], [[1], [1], [1]], undefined],
  ])('median: a trial %s', (_, own, others, expected) => {
    expect(stopBehindMedian(own, others)).toBe(expected);
  });

  const rung = createRungRule(2, 27);
  test.each([
    ['the first at its rung', [9, 9], [], undefined],
    ['before its rung', [9], [[1], [1], [1]], undefined],
    ['between rungs', [9, 9, 9], [[1, 1, 1]], undefined],
    ['worse than the first', [9, 9], [[1, 1]], 'after 2 reports it is number 2 of 2 trials, of which 1 goes on'],
    ['better than the first', [9, 0], [[1, 1]], undefined],
    [
      'second of four',
      [9, 2],
      [
        [1, 1],
        [3, 3],
        [4, 4],
      ],
      undefined,
    ],
    [
      'third of four',
      [9, 3.5],
      [
        [1, 1],
        [3, 3],
        [4, 4],
      ],
      'after 2 reports it is number 3 of 4 trials, of which 2 go on',
    ],
    ['against one that did not come as far', [9, 9], [[1]], undefined],
    [
      'at the second rung',
      [0, 0, 0, 0, 0, 9],
      [[1, 1, 1, 1, 1, 1]],
      'after 6 reports it is number 2 of 2 trials, of which 1 goes on',
    ],
  ])('Hyperband: a trial %s', (_, own, others, expected) => {
    expect(rung(own, others)).toBe(expected);
  });

  test.each([
    [[], 0],
    [[5], 0],
    [[5, 5, 4.96], 2],
    [[5, 5, 4.9, 4.9], 1],
    [[-5, -5.04, -5.06], 2],
    [[-5, -5.06], 0],
  ])('of losses %j, %d trials in a row have not improved by a hundredth', (losses, count) => {
    expect(countNotImproving(losses)).toBe(count);
  });
});
