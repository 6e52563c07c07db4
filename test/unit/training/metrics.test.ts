import { expect, test } from '@jest/globals';
import { createCurves } from '../../../src/training/metrics.ts';

const read = (metrics: Record<string, string>, lines: string[]) => {
  const curves = createCurves(metrics);
  for (const line of lines) curves.add(line);
  return curves;
};

test('curves are the values in order, by metric', () => {
  const curves = read({ loss: 'loss: ([0-9.]+)', accuracy: 'acc=(\\S+)' }, [
    'loss: 2',
    'acc=0.5 loss: 1.5',
    'nothing',
    'acc=9e-1',
  ]);
  expect(curves.curves()).toEqual([
    { name: 'loss', values: [2, 1.5] },
    { name: 'accuracy', values: [0.5, 0.9] },
  ]);
  expect(curves.last()).toEqual(['loss 1.5', 'accuracy 0.9']);
});

test('what is no number is passed over, and a metric without values has no curve', () => {
  expect(read({ loss: 'loss: (\\S*)' }, ['loss: nan', 'loss: inf', 'loss: ', 'loss: 1.2.3']).curves()).toEqual([]);
});

test('a long curve keeps its shape and its last value in a bounded record', () => {
  const lines = Array.from({ length: 12_345 }, (_, index) => `loss: ${index}`);
  const values = read({ loss: 'loss: ([0-9.]+)' }, lines).curves()[0]?.values ?? [];
  expect(values.length).toBeLessThanOrEqual(1_001);
  expect([values[0], values.at(-1)]).toEqual([0, 12_344]);
});
