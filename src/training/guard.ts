import type { Problem } from '../action-error.ts';
import type { Spec } from '../spec/spec.ts';
import type { Spending } from './cost.ts';
import { formatUsd } from './money.ts';

/** A run that is about to be launched. */
export interface Proposal {
  readonly label: string;
  readonly ceilingUsd: number | undefined;
  /** Why the ceiling is unknown. */
  readonly why?: string;
}

export interface Limits {
  readonly budget: Spec['budget'];
  readonly maxCostUsd: number | undefined;
  readonly allowUnknownPrice: boolean;
  /** Set in a pull request, where `budget.per-pull-request` holds. */
  readonly spending: Spending | undefined;
}

/** Everything about the money that forbids these launches; empty when they may go ahead. */
export function findBudgetProblems(proposals: readonly Proposal[], limits: Limits): Problem[] {
  if (proposals.length === 0) return [];
  return [
    ...perRun(proposals, limits),
    ...perStep(proposals, limits),
    ...perPullRequest(proposals, limits),
    ...unknownPrices(proposals, limits),
  ];
}

function perRun(proposals: readonly Proposal[], { budget }: Limits): Problem[] {
  const limit = budget.perRunUsd;
  if (limit === undefined) return [];
  return proposals
    .filter((run) => (run.ceilingUsd ?? 0) > limit)
    .map((run) => ({
      name: 'budget.per-run',
      message: `The run ${run.label} may cost ${formatUsd(run.ceilingUsd ?? 0)}, more than the ${formatUsd(limit)} allowed for one run.`,
      fix: `Lower max-runtime, instance-count or the instance type of train.runs.${run.label}, or raise budget.per-run.`,
    }));
}

function perStep(proposals: readonly Proposal[], { maxCostUsd }: Limits): Problem[] {
  const total = sum(proposals);
  if (maxCostUsd === undefined || total <= maxCostUsd) return [];
  return [
    {
      name: 'input max-cost-usd',
      message: `This step may cost ${formatUsd(total)} (${list(proposals)}), more than the ${formatUsd(maxCostUsd)} allowed for it.`,
      fix: 'Train fewer runs (input runs), lower max-runtime, or raise the input max-cost-usd.',
    },
  ];
}

function perPullRequest(proposals: readonly Proposal[], { budget, spending }: Limits): Problem[] {
  const limit = budget.perPullRequestUsd;
  if (limit === undefined || !spending) return [];
  const asked = sum(proposals);
  if (spending.spentUsd + spending.committedUsd + asked <= limit) return [];
  return [
    {
      name: 'budget.per-pull-request',
      message:
        `This pull request has spent ${formatUsd(spending.spentUsd)} and committed ${formatUsd(spending.committedUsd)} to unfinished runs; ` +
        `this step may cost ${formatUsd(asked)} more (${list(proposals)}). Together that is over the ${formatUsd(limit)} allowed.`,
      fix: 'Wait for the unfinished runs, lower max-runtime, or raise budget.per-pull-request.',
    },
  ];
}

function unknownPrices(proposals: readonly Proposal[], limits: Limits): Problem[] {
  const { budget, maxCostUsd, spending, allowUnknownPrice } = limits;
  const pullRequestLimit = spending ? budget.perPullRequestUsd : undefined;
  if (allowUnknownPrice || [budget.perRunUsd, maxCostUsd, pullRequestLimit].every((limit) => limit === undefined)) return [];
  const fix =
    'Choose an instance type with a known price, or set the input allow-unknown-price to true and accept that the budget cannot be held.';
  const problems: Problem[] = proposals
    .filter((run) => run.ceilingUsd === undefined)
    .map((run) => ({
      name: `train.runs.${run.label}.instance-type`,
      message: `What the run ${run.label} may cost is unknown, so the budget cannot be checked: ${run.why ?? 'its price is unknown'}.`,
      fix,
    }));
  if (pullRequestLimit !== undefined && spending && spending.unknown.length > 0) {
    problems.push({
      name: 'budget.per-pull-request',
      message: `What this pull request has spent is not known: the cost of ${spending.unknown.join(', ')} is unknown, so the budget cannot be checked.`,
      fix: 'Look those jobs up in the AWS console, then set the input allow-unknown-price to true for this step.',
    });
  }
  return problems;
}

function sum(proposals: readonly Proposal[]): number {
  return proposals.reduce((total, run) => total + (run.ceilingUsd ?? 0), 0);
}

function list(proposals: readonly Proposal[]): string {
  return proposals
    .map((run) => `${run.label} ${run.ceilingUsd === undefined ? 'unknown' : formatUsd(run.ceilingUsd)}`)
    .join(', ');
}
