import type { Problem } from '../action-error.ts';
import { stopGraceSeconds } from './cost.ts';
import type { Limits } from './guard.ts';
import { formatUsd } from './money.ts';

/** What a budget allows of a search. */
export interface Allowance {
  /** USD that all trials together may cost; undefined without a budget, or when the price is unknown and that was accepted. */
  readonly stopAtUsd?: number;
  readonly maxParallelJobs: number;
  /** Set when nobody will watch what the search spends: then the service ends it in time. */
  readonly maxSearchSeconds?: number;
  readonly warnings: readonly string[];
}

interface Proposed {
  readonly trials: number;
  readonly maxParallelJobs: number;
  readonly maxRuntimeSeconds: number;
  readonly trialCeilingUsd: number | undefined;
  /** Why the ceiling is unknown. */
  readonly why: string;
  /** Somebody watches it until it ends. */
  readonly watched: boolean;
}

/** AWS takes no shorter limit of a search (MaxRuntimeInSeconds; botocore 1.43.11, read 2026-11-22). */
const shortestSearchSeconds = 120;

/**
 * Fits a search into its budget. It may be larger than that: then it is stopped in time. Refused is only what cannot even pay one
 * trial, or whose price nobody knows.
 */
export function allowSearch(search: Proposed, limits: Limits): { allowance: Allowance } | { problems: Problem[] } {
  const lowest = findLowest(limits);
  const { trialCeilingUsd: usd, maxParallelJobs } = search;
  if (!lowest) return { allowance: { maxParallelJobs, warnings: [] } };
  const unknown = limits.allowUnknownPrice ? [] : findUnknown(search, limits);
  if (unknown.length > 0) return { problems: unknown };
  if (usd === undefined) return { allowance: { maxParallelJobs, warnings: [] } };
  if (usd > lowest.usd) return { problems: [tooDear(usd, lowest)] };
  const parallel = Math.min(maxParallelJobs, Math.floor(lowest.usd / usd));
  const fewer =
    parallel < maxParallelJobs
      ? [`Only ${parallel} of ${maxParallelJobs} trials run at once: more could together cost more than ${describe(lowest)}.`]
      : [];
  const fits = search.trials * usd <= lowest.usd;
  if (search.watched || fits) return { allowance: { stopAtUsd: lowest.usd, maxParallelJobs: parallel, warnings: fewer } };
  return limitUnwatched(search, usd, lowest, parallel);
}

interface Limit {
  readonly name: string;
  readonly usd: number;
  readonly what: string;
}

function findLowest({ budget, maxCostUsd, spending }: Limits): Limit | undefined {
  const all: Limit[] = [];
  if (budget.perRunUsd !== undefined) all.push({ name: 'budget.per-run', usd: budget.perRunUsd, what: 'the budget of a run' });
  if (maxCostUsd !== undefined) all.push({ name: 'input max-cost-usd', usd: maxCostUsd, what: 'the input max-cost-usd' });
  if (budget.perPullRequestUsd !== undefined && spending) {
    const left = Math.max(0, budget.perPullRequestUsd - spending.spentUsd - spending.committedUsd);
    all.push({ name: 'budget.per-pull-request', usd: left, what: 'what is left of the budget of this pull request' });
  }
  return all.toSorted((a, b) => a.usd - b.usd)[0];
}

function describe({ usd, what }: Limit): string {
  return `${formatUsd(usd)}, ${what}`;
}

function tooDear(usd: number, limit: Limit): Problem {
  return {
    name: limit.name,
    message: `One trial of the search alone may cost ${formatUsd(usd)}, more than ${describe(limit)}.`,
    fix: 'Lower tune.max-runtime, tune.instance-count or tune.instance-type, or raise that limit.',
  };
}

function findUnknown({ trialCeilingUsd, why }: Proposed, { budget, spending }: Limits): Problem[] {
  const problems: Problem[] = [];
  if (trialCeilingUsd === undefined) {
    problems.push({
      name: 'tune.instance-type',
      message: `What a trial may cost is unknown, so the budget cannot be held: ${why}.`,
      fix: 'Choose an instance type with a known price, or set the input allow-unknown-price to true and accept that the budget cannot be held.',
    });
  }
  if (budget.perPullRequestUsd !== undefined && spending && spending.unknown.length > 0) {
    problems.push({
      name: 'budget.per-pull-request',
      message: `What this pull request has spent is not known: the cost of ${spending.unknown.join(', ')} is unknown, so the budget cannot be checked.`,
      fix: 'Look those jobs up in the AWS console, then set the input allow-unknown-price to true for this step.',
    });
  }
  return problems;
}

/** Without anybody who stops it, a search is held to its budget by a time limit: so long, all slots can cost no more. */
function limitUnwatched(
  search: Proposed,
  usd: number,
  limit: Limit,
  most: number,
): { allowance: Allowance } | { problems: Problem[] } {
  const usdPerSecond = usd / (search.maxRuntimeSeconds + stopGraceSeconds);
  for (let parallel = most; parallel > 0; parallel -= 1) {
    const seconds = Math.floor(limit.usd / (parallel * usdPerSecond)) - stopGraceSeconds;
    if (seconds < shortestSearchSeconds) continue;
    const warnings = [
      `Nobody watches what this search spends (wait: false), so it ends after ${seconds} s with ${parallel} at once: longer could cost more than ${describe(limit)}.`,
    ];
    return { allowance: { stopAtUsd: limit.usd, maxParallelJobs: parallel, maxSearchSeconds: seconds, warnings } };
  }
  return {
    problems: [
      {
        name: limit.name,
        message: `With wait: false nobody stops the search at ${describe(limit)}, and that does not pay for the shortest time limit AWS has (${shortestSearchSeconds} s).`,
        fix: 'Let the step wait, lower tune.max-jobs until all trials fit, or raise that limit.',
      },
    ],
  };
}

/** One trial as the money sees it. */
interface Spent {
  /** Known once it has ended. */
  readonly costUsd?: number;
  readonly ended: boolean;
  /** Seconds its machines have been billed so far. */
  readonly runningSeconds: number;
}

export interface Guard {
  readonly trials: number;
  readonly maxParallelJobs: number;
  readonly maxRuntimeSeconds: number;
  readonly trialCeilingUsd: number;
  readonly stopAtUsd: number;
}

/**
 * Whether a search has to be stopped now so that it does not spend more than it may: what it has spent, what its trials that run will
 * have cost when a stop takes effect, and what a trial costs that starts before.
 * @param aheadSeconds until the next look
 */
export function mustStop(spent: readonly Spent[], guard: Guard, aheadSeconds: number): boolean {
  const { trialCeilingUsd: most, stopAtUsd } = guard;
  const usdPerSecond = most / (guard.maxRuntimeSeconds + stopGraceSeconds);
  const ended = spent.filter((trial) => trial.ended);
  const running = spent.filter((trial) => !trial.ended);
  const paid = ended.reduce((sum, { costUsd }) => sum + (costUsd ?? most), 0);
  const toCome = Math.max(0, guard.trials - spent.length);
  if (paid + (running.length + toCome) * most <= stopAtUsd) return false;
  // The place of a trial that ends is taken by the next one at once: only the last ones cost a trial's most at the most.
  const limit = toCome > 0 ? Infinity : most;
  const cost = (seconds: number) => Math.min(limit, (seconds + aheadSeconds + stopGraceSeconds) * usdPerSecond);
  const free = Math.min(toCome, Math.max(0, guard.maxParallelJobs - running.length));
  const bound = running.reduce((sum, { runningSeconds }) => sum + cost(runningSeconds), 0) + free * cost(0);
  return paid + bound > stopAtUsd;
}
