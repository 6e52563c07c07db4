import { expect, test } from '@jest/globals';
import { clean, startCancels } from '../support/cancelled.ts';

test('cancelled after every call that writes, in aws-like weather', async () => {
  const cancels = await startCancels('aws-like');
  try {
    const { aftermath, afterWrites } = await cancels.measure();
    expect(aftermath).toEqual(clean('never'));
    expect(afterWrites.length).toBeGreaterThan(10);
    expect(await cancels.findLeaks(afterWrites)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
