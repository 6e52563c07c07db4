import { expect, test } from '@jest/globals';
import { clean, startCancels } from '../support/cancelled.ts';

test('cancelled before every call, in calm weather', async () => {
  const cancels = await startCancels('calm');
  try {
    const { aftermath, before } = await cancels.measure();
    expect(aftermath).toEqual(clean('never'));
    expect(before.length).toBeGreaterThan(20);
    expect(await cancels.findLeaks(before)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
