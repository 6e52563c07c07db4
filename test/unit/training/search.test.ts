import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Trial, TuningRecord } from '../../../src/records/tuning-record.ts';
import { findEdges } from '../../../src/training/search/edges.ts';
import { findOrigin } from '../../../src/training/search/origin.ts';
import { chooseScale, findPosition, type NumericRange } from '../../../src/training/search/scale.ts';
import { findTendencies } from '../../../src/training/search/tendency.ts';
import { findMedian, nameTrial, rankTrials } from '../../../src/training/search/trials.ts';
import { record } from '../report/fixtures.ts';
import { search, trial } from '../report/tuning-fixtures.ts';

const range = (kind: 'continuous' | 'integer', min: number, max: number, scale: NumericRange['scale']): NumericRange => ({
  kind,
  min,
  max,
  scale,
});

describe('scales', () => {
  test.each([
    [range('continuous', 0, 1, 'auto'), 'linear'],
    [range('continuous', 0.001, 0.09, 'auto'), 'linear'],
    [range('continuous', 0.001, 0.1, 'auto'), 'log'],
    [range('integer', 1, 2, 'reverse-log'), 'reverse-log'],
  ])('%j is drawn %s', (given, scale) => expect(chooseScale(given)).toBe(scale));

  test.each([
    [0.01, 0.001, 0.1, 'log', 0.5],
    [0.9, 0, 0.99, 'reverse-log', 0.5],
    [3, 1, 5, 'linear', 0.5],
    [0, 0, 1, 'log', undefined],
    [1, 0, 1, 'reverse-log', undefined],
  ] as const)('%d between %d and %d (%s) lies at %p', (value, min, max, scale, position) => {
    const found = findPosition(value, { min, max }, scale);
    if (position === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(position);
  });
});

function searched(value: string, given: TuningRecord['asked']['ranges'][string], completed = 3): TuningRecord {
  const tuning = search(Array.from({ length: completed }, (_, index) => trial(index)));
  const best = { name: 'x', hyperparameters: { x: value } };
  return { ...tuning, best, asked: { ...tuning.asked, ranges: { x: given } } };
}

describe('a best value at the edge', () => {
  test.each([
    ['within 5 % of the upper end', '0.96', range('continuous', 0, 1, 'linear'), 'upper'],
    ['within 5 % of the lower end', '0.05', range('continuous', 0, 1, 'linear'), 'lower'],
    ['just further in', '0.06', range('continuous', 0, 1, 'linear'), undefined],
    ['near the lower end on a linear scale only', '0.004', range('continuous', 0.0001, 1, 'log'), undefined],
    ['near the lower end on a log scale', '0.00015', range('continuous', 0.0001, 1, 'log'), 'lower'],
    ['near it on one of the scales that auto may be', '0.004', range('continuous', 0.0001, 1, 'auto'), undefined],
    ['near it on both', '0.00011', range('continuous', 0.0001, 1, 'auto'), 'lower'],
    ['near one on a reverse log scale', '0.9899', range('continuous', 0, 0.99, 'reverse-log'), 'upper'],
    ['an integer at the end', '8', range('integer', 1, 8, 'linear'), 'upper'],
    ['an integer beside it', '99', range('integer', 1, 100, 'linear'), undefined],
    ['a text that is no number', 'adam', range('continuous', 0, 1, 'linear'), undefined],
    ['a category', '32', { kind: 'categorical' as const, values: ['32', '64'] }, undefined],
  ])('%s', (_, value, given, end) => {
    expect(findEdges(searched(value, given)).map((edge) => edge.end)).toEqual(end === undefined ? [] : [end]);
  });

  test('is not told from two trials', () => {
    expect(findEdges(searched('8', range('integer', 1, 8, 'linear'), 2))).toEqual([]);
  });
});

const trialsOf = (count: number, objective: (x: number) => number): Trial[] =>
  Array.from({ length: count }, (_, index) =>
    trial(index, { hyperparameters: { x: String(index / count) }, objective: objective(index / count) }),
  );

describe('a tendency', () => {
  const given = { x: range('continuous', 0, 1, 'linear') };
  const find = (trials: Trial[]) => findTendencies({ trials, asked: { ...search([]).asked, ranges: given } });

  test('is told when ranks rise together, whatever the curve between', () => {
    expect(find(trialsOf(12, (x) => x ** 5))).toEqual([{ name: 'x', larger: 'worse', correlation: 1, trials: 12 }]);
    expect(find(trialsOf(12, (x) => -x))[0]).toMatchObject({ larger: 'better', correlation: -1 });
  });

  test.each<[string, Trial[]]>([
    ['of few trials', trialsOf(9, (x) => x)],
    ['with the best in the middle', trialsOf(20, (x) => (x - 0.5) ** 2)],
    ['of equal results', trialsOf(20, () => 1)],
    [
      'of trials without results',
      Array.from({ length: 20 }, (_, index) =>
        trial(index, { hyperparameters: { x: String(index) }, objective: index, status: 'stopped' }),
      ),
    ],
  ])('is not told %s', (_, trials) => expect(find(trials)).toEqual([]));

  test('is hardly ever found in noise', () => {
    let seed = 1;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const found = Array.from({ length: 300 }, () => find(trialsOf(15, random)).length);
    expect(found.reduce((sum, count) => sum + count, 0)).toBeLessThan(5);
  });
});

const runWith = (hyperparameters: Record<string, string>, planned = '2026-11-22T12:00:00Z') => ({
  asked: { ...record().asked, hyperparameters },
  times: { ...record().times, planned },
});

describe('the origin of hyperparameters', () => {
  const tuning = search([trial(0), trial(1)]);
  const values = tuning.best?.hyperparameters ?? {};

  test('is the search whose best values the run has all, the newest of them', () => {
    const newer = search([trial(0)], { name: 'newer', times: { ...tuning.times, planned: '2026-11-22T11:55:00Z' } });
    expect(findOrigin(runWith({ epochs: '3', ...values }), [tuning, newer])).toEqual({ kind: 'best', search: tuning });
    expect(findOrigin(runWith(values), [tuning, { ...newer, best: tuning.best }])).toMatchObject({ search: { name: 'newer' } });
  });

  test('is another one when a value differs or is not set', () => {
    const { layers: _, ...some } = values;
    expect(findOrigin(runWith({ ...some, 'batch-size': '1' }), [tuning])).toMatchObject({
      kind: 'other',
      differing: [
        { name: 'batch-size', asked: '1', best: '64' },
        { name: 'layers', asked: undefined, best: '2' },
      ],
    });
  });

  test('is unknown before the search, and without a best', () => {
    const { best: _, ...bestless } = tuning;
    expect(findOrigin(runWith(values, '2026-11-22T10:00:00Z'), [tuning])).toBeUndefined();
    expect(findOrigin(runWith(values), [bestless])).toBeUndefined();
  });
});

describe('trials', () => {
  test('are ranked without losing one, whatever they report', () => {
    const objective = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined });
    const status = fc.constantFrom<Trial['status'][]>('completed', 'failed', 'stopped', 'in-progress');
    fc.assert(
      fc.property(fc.array(fc.tuple(objective, status)), (given) => {
        const trials = given.map(([value, state], index) => {
          const { objective: _, ...rest } = trial(index, { status: state });
          return value === undefined ? rest : { ...rest, objective: value };
        });
        const ranked = rankTrials(search(trials));
        expect(new Set(ranked)).toEqual(new Set(trials));
        const results = ranked.filter((one) => one.status === 'completed').flatMap((one) => one.objective ?? []);
        expect(results).toEqual(results.toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  test('are named by what tells them apart', () => {
    expect(nameTrial({ name: 'digits-a1-004-1a2b3c4d' }, { name: 'digits-a1' })).toBe('004-1a2b3c4d');
    expect(nameTrial({ name: 'other' }, { name: 'digits-a1' })).toBe('other');
    expect(nameTrial({ name: 'digits-a1-' }, { name: 'digits-a1' })).toBe('digits-a1-');
  });

  test.each([
    [[], undefined],
    [[3], 3],
    [[4, 1, 2], 2],
    [[1, 2, 3, 10], 2.5],
  ])('the median of %j is %p', (values, median) => expect(findMedian(values)).toBe(median));
});
