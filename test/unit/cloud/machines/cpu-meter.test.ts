import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createCpuMeter } from '../../../../src/cloud/machines/cpu-meter.ts';
import type { Sample } from '../../../../src/cloud/machines/sampler.ts';

const at = (ms: number) => new Date(1_000_000 + ms);

function measure(readings: readonly [ms: number, cpuSeconds: number][], end: [ms: number, cpuSeconds: number]): Sample[] {
  const samples: Sample[] = [];
  const meter = createCpuMeter(at(0), (sample) => samples.push(sample));
  for (const [ms, cpuSeconds] of readings) meter.add(at(ms), cpuSeconds, 1);
  meter.close(at(end[0]), end[1]);
  return samples;
}

const percents = (samples: readonly Sample[]) => samples.map((sample) => Math.round(sample.cpuPercent));

describe('CPU over time', () => {
  test('samples stand in the middle of their interval', () => {
    const samples = measure(
      [
        [500, 0.5],
        [1000, 0.75],
      ],
      [1500, 1.25],
    );
    expect(samples.map((sample) => sample.at)).toEqual([at(250), at(750), at(1250)]);
    expect(percents(samples)).toEqual([100, 50, 100]);
  });

  test('a process that ended before anybody waited for it does not make the total fall', () => {
    expect(
      percents(
        measure(
          [
            [500, 0.5],
            [1000, 0.1],
            [1500, 0.6],
          ],
          [2000, 1.1],
        ),
      ),
    ).toEqual([100, 0, 20, 100]);
  });

  test('a short last interval does not turn what was missed into a peak', () => {
    expect(
      percents(
        measure(
          [
            [500, 0.4],
            [1000, 0.8],
          ],
          [1010, 1.0],
        ),
      ),
    ).toEqual([80, 118]);
  });

  test('a first interval of a few ticks is joined with the next', () => {
    expect(
      percents(
        measure(
          [
            [20, 0.02],
            [520, 0.5],
          ],
          [1020, 1],
        ),
      ),
    ).toEqual([96, 100]);
  });

  test('a job shorter than a look has the one sample its total gives', () => {
    expect(percents(measure([], [200, 0.1]))).toEqual([50]);
  });

  test('without a total (the wrapper was killed) the looks alone count', () => {
    expect(
      percents(
        measure(
          [
            [500, 0.5],
            [1000, 0.75],
          ],
          [1500, 0],
        ),
      ),
    ).toEqual([100, 50, 0]);
  });

  test('whatever was read, the samples add up to the total and none is negative', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 900 }), fc.double({ min: -1, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 20 }),
        fc.integer({ min: 1, max: 900 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (steps, last, extra) => {
          let [ms, cpu, most] = [0, 0, 0];
          const readings = steps.map(([more, used]): [number, number] => {
            [ms, cpu] = [ms + more, Math.max(0, cpu + used)];
            most = Math.max(most, cpu);
            return [ms, cpu];
          });
          const end = ms + last;
          const samples = measure(readings, [end, most + extra]);
          expect(samples.every((sample) => sample.cpuPercent >= -1e-9)).toBe(true);
          let from = 0;
          let sum = 0;
          for (const sample of samples) {
            const middle = sample.at.getTime() - 1_000_000;
            // Dates hold whole milliseconds, so the middle may be half a one early.
            const to = 2 * middle - from;
            const exact = samples.at(-1) === sample ? end : (readings.find(([time]) => Math.abs(time - to) <= 1)?.[0] ?? to);
            sum += (sample.cpuPercent / 100) * ((exact - from) / 1000);
            from = exact;
          }
          expect(sum).toBeCloseTo(most + extra, 1);
        },
      ),
      { numRuns: 200 },
    );
  });
});
