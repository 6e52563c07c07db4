import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/time/clock.ts';
import { waitFor } from '../../../src/time/wait-for.ts';

/** Time that passes only by sleeping. */
function createTestClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(now),
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}

describe('waitFor', () => {
  test('looks until it is reached', async () => {
    const clock = createTestClock();
    let looks = 0;
    const look = async () => (looks += 1);
    expect(await waitFor({ look, judge: (seen) => (seen === 3 ? 'there' : undefined), limitMs: 60_000, clock })).toEqual({
      outcome: 'reached',
      result: 'there',
    });
    expect(clock.slept).toEqual([1000, 1000]);
  });

  test('gives up at the limit, with what was seen last, and looks rarer the longer it takes', async () => {
    const clock = createTestClock();
    const waited = await waitFor({ look: async () => 'no', judge: () => undefined, limitMs: 3600_000, clock });
    expect(waited).toEqual({ outcome: 'timed-out', seen: 'no' });
    expect([clock.slept[0], clock.slept.at(-1)]).toEqual([1000, 30_000]);
    expect(clock.slept.length).toBeLessThan(300);
  });

  test('ends at once when it is told to, and throws what a look throws', async () => {
    const aborted = AbortSignal.abort();
    const clock = createTestClock();
    expect(await waitFor({ look: async () => 1, judge: () => 1, limitMs: 1, clock, signal: aborted })).toEqual({
      outcome: 'aborted',
    });
    await expect(waitFor({ look: () => Promise.reject(new Error('denied')), judge: () => 1, limitMs: 1, clock })).rejects.toThrow(
      'denied',
    );
  });
});
