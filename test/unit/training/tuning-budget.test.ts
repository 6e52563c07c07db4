import { describe, expect, test } from '@jest/globals';
import { array, assert, double, integer, property } from 'fast-check';
import { stopGraceSeconds } from '../../../src/training/cost.ts';
import type { Limits } from '../../../src/training/guard.ts';
import { allowSearch, type Guard, mustStop } from '../../../src/training/tuning-budget.ts';

const search = { trials: 10, maxParallelJobs: 4, maxRuntimeSeconds: 880, trialCeilingUsd: 1, why: '', watched: true };
const none: Limits = { budget: {}, maxCostUsd: undefined, allowUnknownPrice: false, spending: undefined };
const perRun = (usd: number): Limits => ({ ...none, budget: { perRunUsd: usd } });

describe('what a budget allows', () => {
  test.each([
    ['nothing is limited', search, none, { maxParallelJobs: 4 }],
    ['everything fits', search, perRun(10), { maxParallelJobs: 4, stopAtUsd: 10 }],
    ['a search beyond it is stopped there', search, perRun(5), { maxParallelJobs: 4, stopAtUsd: 5 }],
    ['only as many at once as it can pay', search, perRun(2.5), { maxParallelJobs: 2, stopAtUsd: 2.5 }],
    ['the lowest limit counts', search, { ...perRun(5), maxCostUsd: 3 }, { maxParallelJobs: 3, stopAtUsd: 3 }],
    [
      'what is left of the pull request',
      search,
      { ...none, budget: { perPullRequestUsd: 10 }, spending: { spentUsd: 4, committedUsd: 2, unknown: [] } },
      { maxParallelJobs: 4, stopAtUsd: 4 },
    ],
    [
      'an unknown price that was accepted',
      { ...search, trialCeilingUsd: undefined },
      { ...perRun(1), allowUnknownPrice: true },
      { maxParallelJobs: 4 },
    ],
  ])('%s', (_, proposed, limits, allowance) => {
    expect(allowSearch(proposed, limits)).toMatchObject({ allowance });
  });

  test.each([
    ['one trial that is too dear', search, perRun(0.5), 'budget.per-run', 'One trial of the search alone may cost $1.00'],
    ['one trial above the input', search, { ...none, maxCostUsd: 0.5 }, 'input max-cost-usd', '$0.5000, the input max-cost-usd'],
    [
      'a pull request that has spent everything',
      search,
      { ...none, budget: { perPullRequestUsd: 10 }, spending: { spentUsd: 12, committedUsd: 0, unknown: [] } },
      'budget.per-pull-request',
      'more than $0, what is left',
    ],
    [
      'an unknown price',
      { ...search, trialCeilingUsd: undefined, why: 'the price of ml.x is unknown (new)' },
      perRun(5),
      'tune.instance-type',
      'the price of ml.x is unknown (new)',
    ],
    [
      'a pull request of unknown cost',
      search,
      { ...none, budget: { perPullRequestUsd: 10 }, spending: { spentUsd: 1, committedUsd: 0, unknown: ['old-a1'] } },
      'budget.per-pull-request',
      'the cost of old-a1 is unknown',
    ],
  ])('refused is %s', (_, proposed, limits, name, words) => {
    const answer = allowSearch(proposed, limits);
    expect(answer).toMatchObject({ problems: [{ name }] });
    expect(JSON.stringify(answer)).toContain(words);
  });

  test('a search that nobody watches is held by a time limit that all its places together can pay', () => {
    const answer = allowSearch({ ...search, watched: false }, perRun(5));
    // $1 in 1,000 s: $5 pay 5,000 s, which four share, each with its grace.
    expect(answer).toMatchObject({ allowance: { maxParallelJobs: 4, maxSearchSeconds: 1250 - stopGraceSeconds } });
  });

  test('and by nothing when all trials fit', () => {
    const answer = allowSearch({ ...search, watched: false }, perRun(10));
    expect(answer).not.toHaveProperty('allowance.maxSearchSeconds');
  });

  test('with fewer at once when the limit would be shorter than AWS takes, and refused when even one is', () => {
    const brief = { ...search, watched: false, maxRuntimeSeconds: 30, trialCeilingUsd: 0.15 };
    expect(allowSearch(brief, perRun(0.5))).toMatchObject({ allowance: { maxParallelJobs: 2, maxSearchSeconds: 130 } });
    expect(allowSearch(brief, perRun(0.2))).toMatchObject({ problems: [{ name: 'budget.per-run' }] });
  });
});

const ended = (costUsd: number) => ({ ended: true, runningSeconds: 0, costUsd });

describe('when a search is stopped', () => {
  const guard: Guard = { trials: 10, maxParallelJobs: 1, maxRuntimeSeconds: 880, trialCeilingUsd: 1, stopAtUsd: 2 };
  test.each([
    ['not while the next trial can be stopped in time', [ended(1), ended(0.8)], false],
    ['before the next one could cost too much', [ended(1), ended(0.9)], true],
    ['a running one costs what it has run and its end', [ended(1), { ended: false, runningSeconds: 850 }], false],
    ['until that is too much', [ended(1), { ended: false, runningSeconds: 872 }], true],
    ['an unknown cost counts as the most', [{ ended: true, runningSeconds: 0 }, ended(0.9)], true],
  ])('%s', (_, spent, stop) => {
    expect(mustStop(spent, guard, 10)).toBe(stop);
  });

  test('never when all that is left can be paid', () => {
    expect(mustStop([ended(0.1), { ended: false, runningSeconds: 879 }], { ...guard, trials: 2, stopAtUsd: 1.1 }, 30)).toBe(
      false,
    );
  });

  /** A search in whole seconds, watched at intervals by reads that lag; what it has cost in seconds of one machine when all is over. */
  function spend(durations: readonly number[], { parallel, budget, every, lag, guarded }: Watched): number {
    const most = guarded.maxRuntimeSeconds + stopGraceSeconds;
    const started: number[] = [];
    const endOf = (index: number) => (started[index] ?? 0) + Math.min(durations[index] ?? 0, guarded.maxRuntimeSeconds);
    for (let now = 0; ; now += 1) {
      while (started.length < durations.length && started.filter((_, index) => endOf(index) > now).length < parallel)
        started.push(now);
      if (started.length === durations.length && started.every((_, index) => endOf(index) <= now)) break;
      if (now % every !== 0) continue;
      const seen = started.flatMap((start, index) => {
        if (start > now - lag) return [];
        const over = endOf(index) <= now - lag;
        return [{ ended: over, runningSeconds: now - start, ...(over ? { costUsd: endOf(index) - start } : {}) }];
      });
      if (!mustStop(seen, { ...guarded, trialCeilingUsd: most, stopAtUsd: budget }, every + lag)) continue;
      // Each trial that runs may take all of its grace.
      const overAt = (index: number) => (endOf(index) > now ? now + stopGraceSeconds : endOf(index));
      return started.reduce((sum, start, index) => sum + overAt(index) - start, 0);
    }
    return started.reduce((sum, start, index) => sum + endOf(index) - start, 0);
  }

  interface Watched {
    readonly parallel: number;
    readonly budget: number;
    readonly every: number;
    readonly lag: number;
    readonly guarded: Omit<Guard, 'trialCeilingUsd' | 'stopAtUsd'>;
  }

  test('whatever its trials do, it never costs more than it may', () => {
    assert(
      property(
        array(integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
        integer({ min: 1, max: 5 }),
        integer({ min: 60, max: 300 }),
        integer({ min: 1, max: 30 }),
        integer({ min: 0, max: 5 }),
        double({ min: 1, max: 8, noNaN: true }),
        (durations, wished, maxRuntimeSeconds, every, lag, times) => {
          const budget = times * (maxRuntimeSeconds + stopGraceSeconds);
          const parallel = Math.min(wished, durations.length, Math.floor(times));
          const guarded = { trials: durations.length, maxParallelJobs: parallel, maxRuntimeSeconds };
          expect(spend(durations, { parallel, budget, every, lag, guarded })).toBeLessThanOrEqual(budget);
        },
      ),
      { numRuns: 300 },
    );
  });
});
