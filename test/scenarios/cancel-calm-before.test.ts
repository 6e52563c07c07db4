import { expect, test } from '@jest/globals';
import { clean, startCancels } from '../support/cancelled.ts';

test('cancelled before every call, in calm weather', async () => {
  const cancels = await startCancels('calm');
  try {
    const { aftermath, calls } = await cancels.measure();
    expect(aftermath).toEqual(clean('never'));
    expect(calls).toBeGreaterThan(20);
    const whens = Array.from({ length: calls }, (_, index) => ({ kind: 'call', nth: index + 1, edge: 'before' }) as const);
    expect(await cancels.findLeaks(whens)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
