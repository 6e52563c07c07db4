import { expect, test } from '@jest/globals';
import { createRandom } from '../../src/cloud/weather.ts';
import { clean, startCancels } from '../support/cancelled.ts';

const instants = 25;

test(`cancelled at ${instants} instants, in aws-like weather`, async () => {
  const cancels = await startCancels('aws-like');
  try {
    const { aftermath, seconds } = await cancels.measure();
    expect(aftermath).toEqual(clean('never'));
    const random = createRandom(20_261_123);
    const whens = Array.from({ length: instants }, () => ({ kind: 'instant', seconds: random() * seconds }) as const);
    expect(await cancels.findLeaks(whens)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
