import { describe, expect, test } from '@jest/globals';
import { findBudgetProblems, type Limits } from '../../../src/training/guard.ts';

const none: Limits = { budget: {}, maxCostUsd: undefined, allowUnknownPrice: false, spending: undefined };
const proposals = [
  { label: 'single', ceilingUsd: 2 },
  { label: 'multi', ceilingUsd: 3 },
];
const spending = { spentUsd: 4, committedUsd: 1, unknown: [] };
const names = (limits: Partial<Limits>, some: Parameters<typeof findBudgetProblems>[0] = proposals) =>
  findBudgetProblems(some, { ...none, ...limits }).map((problem) => problem.name);

test.each<[string, Partial<Limits>, string[]]>([
  ['no limit', {}, []],
  ['limits just reached', { budget: { perRunUsd: 3, perPullRequestUsd: 10 }, maxCostUsd: 5, spending }, []],
  ['one run too dear', { budget: { perRunUsd: 2.5 } }, ['budget.per-run']],
  ['both too dear', { budget: { perRunUsd: 1 } }, ['budget.per-run', 'budget.per-run']],
  ['the step too dear', { maxCostUsd: 4.99 }, ['input max-cost-usd']],
  ['the pull request too dear', { budget: { perPullRequestUsd: 9.99 }, spending }, ['budget.per-pull-request']],
  ['a pull request limit on main', { budget: { perPullRequestUsd: 1 } }, []],
  [
    'everything at once',
    { budget: { perRunUsd: 2.5, perPullRequestUsd: 1 }, maxCostUsd: 1, spending },
    ['budget.per-run', 'input max-cost-usd', 'budget.per-pull-request'],
  ],
])('%s', (_, limits, expected) => {
  expect(names(limits)).toEqual(expected);
});

describe('what is unknown', () => {
  const unknown = [{ label: 'single', ceilingUsd: undefined, why: 'the price of ml.x is unknown (no table)' }];

  test.each<[string, Partial<Limits>, string[]]>([
    ['no limit', {}, []],
    ['a limit', { maxCostUsd: 100 }, ['train.runs.single.instance-type']],
    ['a limit, allowed', { maxCostUsd: 100, allowUnknownPrice: true }, []],
    ['a limit that does not hold here', { budget: { perPullRequestUsd: 1 } }, []],
  ])('%s', (_, limits, expected) => {
    expect(names(limits, unknown)).toEqual(expected);
  });

  test('says why', () => {
    expect(findBudgetProblems(unknown, { ...none, maxCostUsd: 1 })[0]?.message).toContain(
      'the price of ml.x is unknown (no table)',
    );
  });

  test('spending that nobody knows refuses too', () => {
    expect(names({ budget: { perPullRequestUsd: 100 }, spending: { ...spending, unknown: ['job-a1'] } })).toEqual([
      'budget.per-pull-request',
    ]);
  });

  test('nothing to launch needs no budget', () => {
    expect(names({ maxCostUsd: 0, budget: { perPullRequestUsd: 1 }, spending }, [])).toEqual([]);
  });
});
