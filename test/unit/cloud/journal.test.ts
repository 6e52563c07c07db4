import { expect, test } from '@jest/globals';
import { createJournal } from '../../../src/cloud/journal.ts';

const call = { service: 's3', operation: 'GetObject', principal: 'root', input: {} };

test('requests are numbered in order of arrival, and stamped', () => {
  const journal = createJournal({ now: () => new Date('2026-11-22T04:00:00Z'), sleep: async () => undefined });
  const first = journal.add(call);
  journal.add({ ...call, service: 'github' });
  first.status = 200;
  expect(journal.entries).toEqual([
    { ...call, number: 1, at: '2026-11-22T04:00:00.000Z', status: 200 },
    { ...call, service: 'github', number: 2, at: '2026-11-22T04:00:00.000Z' },
  ]);
});

test('the oldest are forgotten before they fill the memory; numbers go on', () => {
  const journal = createJournal();
  for (let n = 0; n < 100_001; n += 1) journal.add(call);
  expect(journal.entries.length).toBeLessThanOrEqual(100_000);
  expect(journal.entries.at(-1)?.number).toBe(100_001);
});
