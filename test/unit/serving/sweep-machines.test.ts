import { expect, test } from '@jest/globals';
import type { Inventory } from '../../../src/serving/sweep-inventory.ts';
import { planMachines } from '../../../src/serving/sweep-machines.ts';
import type { Kept } from '../../../src/serving/sweep-step.ts';

const now = new Date('2026-11-22T12:00:00Z');
const past = '2026-11-22T11:00:00Z';
const future = '2026-11-22T13:00:00Z';

function plan(tags: Readonly<Record<string, string>>) {
  const inventory: Inventory = {
    functionName: 'dogs',
    now,
    endpoints: [],
    configs: [],
    models: [],
    versions: [],
    aliases: {},
    promoting: false,
    endedRuns: new Set(['7']),
    machines: [{ name: 'i-1', created: now, tags, instanceType: 'm5.xlarge' }],
  };
  const kept: Kept[] = [];
  const steps = planMachines(inventory, kept);
  expect(steps.length + kept.length).toBe(1);
  return steps[0]?.why;
}

test.each([
  ['one past its time', { 'trainyard:run': '8', 'trainyard:expires-at': past }, `its run expired at ${past}`],
  [
    'one whose run is over',
    { 'trainyard:run': '7', 'trainyard:expires-at': future },
    'the workflow run 7 that watched it is over',
  ],
  [
    'one that was handed over and is past its time',
    { 'trainyard:run': '7', 'trainyard:expires-at': past, 'trainyard:outlives-run': 'true' },
    `its run expired at ${past}`,
  ],
])('%s goes', (_what, tags, why) => expect(plan(tags)).toBe(why));

test.each([
  ['one that is watched', { 'trainyard:run': '8', 'trainyard:expires-at': future }],
  ['one that was handed over', { 'trainyard:run': '7', 'trainyard:expires-at': future, 'trainyard:outlives-run': 'true' }],
  ['one that says nothing', {}],
])('%s stays', (_what, tags) => expect(plan(tags)).toBeUndefined());
