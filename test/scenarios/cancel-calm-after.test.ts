import { expect, test } from '@jest/globals';
import { clean, startCancels } from '../support/cancelled.ts';

test('cancelled after every call that writes, in calm weather', async () => {
  const cancels = await startCancels('calm');
  try {
    const { aftermath, afterWrites } = await cancels.measure();
    expect(aftermath).toEqual(clean('never'));
    expect(afterWrites.length).toBeGreaterThan(10);
    expect(await cancels.findLeaks(afterWrites)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
