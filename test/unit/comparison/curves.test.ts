import { describe, expect, test } from '@jest/globals';
import { readCurves } from '../../../src/training/curves.ts';
import { findBetterSize, type Sizes } from '../../../src/training/sizing.ts';
import { record } from '../report/fixtures.ts';

const curve = (name: string, ...values: number[]) => ({ name, values });
const falling = curve('train loss', 1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05);

describe('training curves', () => {
  test('show overfitting when the held-out loss rises and the training loss falls', () => {
    const held = curve('test loss', 1, 0.8, 0.7, 0.6, 0.65, 0.7, 0.8, 0.9, 1);
    expect(readCurves([falling, held])).toEqual([
      {
        kind: 'overfitting',
        metric: 'test loss',
        trainMetric: 'train loss',
        bestAt: 4,
        values: 9,
        best: 0.6,
        last: 1,
        trainLast: 0.05,
      },
    ]);
  });

  test('show divergence', () => {
    expect(readCurves([curve('loss', 1, 2, 4, 8, 16, 32)])).toEqual([
      { kind: 'divergence', metric: 'loss', first: 1, last: 32, values: 6 },
    ]);
  });

  test('show a plateau and where it begins', () => {
    const flat = curve('test accuracy', 0.1, 0.5, 0.9, 0.95, 0.951, 0.95, 0.952, 0.951, 0.951);
    expect(readCurves([flat])).toEqual([{ kind: 'plateau', metric: 'test accuracy', from: 4, values: 9, last: 0.951 }]);
  });

  test('show overtraining without a training loss, of losses and of scores', () => {
    expect(readCurves([curve('val loss', 1, 0.5, 0.4, 0.5, 0.6, 0.7)])).toEqual([
      { kind: 'overtraining', metric: 'val loss', bestAt: 3, values: 6, best: 0.4, last: 0.7 },
    ]);
    expect(readCurves([curve('val accuracy', 0.1, 0.7, 0.9, 0.8, 0.7, 0.75)])).toEqual([
      { kind: 'overtraining', metric: 'val accuracy', bestAt: 3, values: 6, best: 0.9, last: 0.75 },
    ]);
  });

  test('show a model that did not learn', () => {
    const stuck = curve('train loss', 2.3, 2.31, 2.3, 2.29, 2.3, 2.3, 2.28);
    expect(readCurves([stuck, curve('test loss', 2.3, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3)])).toEqual([
      { kind: 'no-learning', metric: 'train loss', first: 2.3, lowest: 2.28, values: 7 },
    ]);
  });

  test('say one thing of a metric, not two', () => {
    const held = curve('test loss', 1, 0.8, 0.7, 0.6, 0.65, 0.7, 0.8, 0.9, 1);
    expect(readCurves([falling, held, curve('train loss 2', ...held.values)])).toHaveLength(1);
  });

  test.each([
    ['a short curve', [curve('test loss', 1, 2, 4)]],
    ['a curve that still falls', [falling, curve('test loss', 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)]],
    ['a small rise at the end', [falling, curve('test loss', 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.31)]],
    [
      'a loss that rests while the score rises',
      [curve('loss', 1, 1, 1, 1, 1, 1), curve('accuracy', 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)],
    ],
    ['a score that sags a little', [curve('val accuracy', 0.1, 0.5, 0.8, 0.9, 0.89, 0.88, 0.89)]],
    ['a metric without a direction', [curve('images', 1, 9, 9, 9, 9, 9, 9)]],
  ])('show nothing in %s', (_, curves) => expect(readCurves(curves)).toEqual([]));
});

const use = (average: number, peak: number) => ({ average, peak, hosts: [], silentHosts: 0 });

describe('the next size', () => {
  const prices: Record<string, number> = { 'ml.m5.large': 0.115, 'ml.m5.2xlarge': 0.461 };
  const sizes: Sizes = {
    findShape: (type) => (type in prices ? { vcpus: type === 'ml.m5.large' ? 2 : 8, memoryGib: 8 } : undefined),
    findPrice: (type) => ({
      kind: 'known',
      usdPerHour: prices[type] ?? 0,
      source: 'table',
      quality: 'observed',
      date: '2026-11-01',
    }),
  };
  test('is larger when the CPU was the limit, with the time at which it pays', () => {
    const advice = findBetterSize(record({ billedSeconds: 1000 }), use(92, 100), use(50, 60), sizes);
    expect(advice).toMatchObject({ direction: 'larger', instanceType: 'ml.m5.2xlarge', vcpus: 8 });
    expect(advice?.breakEvenSeconds).toBeCloseTo((1000 * 0.23) / 0.461);
  });

  test('is smaller when CPU and memory would fit into half', () => {
    expect(findBetterSize(record(), use(20, 40), use(10, 30), sizes)).toMatchObject({
      direction: 'smaller',
      instanceType: 'ml.m5.large',
    });
  });

  const high = use(92, 100);
  test.each([
    ['in a rehearsal', findBetterSize(record({ rehearsal: true }), high, undefined, sizes)],
    ['from partial data', findBetterSize(record({ utilisation: { coverage: 'partial', hosts: [] } }), high, undefined, sizes)],
    ['without data', findBetterSize(record(), undefined, undefined, sizes)],
    ['without a price', findBetterSize(record({ price: { kind: 'unknown', why: 'x' } }), high, undefined, sizes)],
    [
      'for a GPU machine',
      findBetterSize(record({ machine: { instanceType: 'ml.g4dn.xlarge', instanceCount: 1, gpus: 1 } }), high, undefined, sizes),
    ],
    ['when memory is not known to fit', findBetterSize(record(), use(20, 40), undefined, sizes)],
    ['in the middle', findBetterSize(record(), use(60, 80), use(50, 50), sizes)],
    [
      'beyond the family',
      findBetterSize(record({ machine: { instanceType: 'ml.m5.24xlarge', instanceCount: 1 } }), high, undefined, sizes),
    ],
  ])('is not advised %s', (_, advice) => expect(advice).toBeUndefined());
});
