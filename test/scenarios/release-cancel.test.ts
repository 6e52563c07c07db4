import { expect, test } from '@jest/globals';
import { startReleaseCancels } from '../support/release-cancels.ts';

test('a release cancelled before or after any of its calls leaves, after one sweep, only live and its way back', async () => {
  const cancels = await startReleaseCancels('calm');
  try {
    const whens = await cancels.listCancels();
    expect(new Set(whens.map(({ action }) => action)).size).toBe(4);
    expect(whens.length).toBeGreaterThan(100);
    expect(await cancels.findLeaks(whens)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
