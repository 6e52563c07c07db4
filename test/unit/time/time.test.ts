import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/time/clock.ts';
import { formatSeconds } from '../../../src/time/duration.ts';
import { getNextDelayMs } from '../../../src/time/wait.ts';

test.each([
  [0, 1_000],
  [50_000, 1_000],
  [600_000, 12_000],
  [1_500_000, 30_000],
  [36_000_000, 30_000],
])('after %d ms the next look is in %d ms', (elapsed, delay) => {
  expect(getNextDelayMs(elapsed)).toBe(delay);
});

test.each([
  [-1, '0 s'],
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 m 00 s'],
  [72, '1 m 12 s'],
  [3599.7, '1 h 00 m'],
  [7500, '2 h 05 m'],
])('%d s reads %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

describe('the system clock', () => {
  test('wakes up when the signal aborts', async () => {
    const controller = new AbortController();
    const slept = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await expect(slept).resolves.toBeUndefined();
    await expect(systemClock.sleep(60_000, controller.signal)).resolves.toBeUndefined();
  });
});
