import type { Problem } from '../../action-error.ts';
import type { Zone } from '../../records/context.ts';
import type { Price, RunRecord } from '../../records/record.ts';
import type { Spec } from '../../spec/spec.ts';
import { findBudgetProblems, type Proposal } from '../../training/guard.ts';
import { problemOf } from '../train-model/choose.ts';
import { readSpending, type SpendingDeps } from './spending.ts';

/** As much of a plan as its price is known by. */
interface PricedPlan {
  readonly label: string;
  readonly instanceTypes: readonly string[];
  readonly prices: Readonly<Record<string, Price>>;
  readonly asked: Pick<RunRecord['asked'], 'ceilingUsd'>;
}

interface MoneyLimits {
  readonly spec: Spec;
  readonly maxCostUsd: number | undefined;
  readonly allowUnknownPrice: boolean;
}

/** Everything about the money that forbids what is to be launched, with its place in the spec. */
export async function findMoneyProblems(
  decisions: readonly { readonly kind: string; readonly plan: PricedPlan }[],
  { spec, maxCostUsd, allowUnknownPrice }: MoneyLimits,
  rehearsal: boolean,
  deps: SpendingDeps & { readonly zone: Zone },
): Promise<Problem[]> {
  const { budget } = spec;
  const proposals = decisions.filter((one) => one.kind === 'launch').map(({ plan }) => proposalOf(plan));
  const counted = deps.zone.kind === 'pull-request' && budget.perPullRequestUsd !== undefined && proposals.length > 0;
  const spending = counted ? await readSpending(spec, rehearsal, deps) : undefined;
  const problems = findBudgetProblems(proposals, { budget, maxCostUsd, allowUnknownPrice, spending });
  return problems.map(({ name, message, fix }) =>
    name.startsWith('input ') ? { name, message, fix } : problemOf(spec, name, message, fix),
  );
}

function proposalOf(plan: PricedPlan): Proposal {
  const unknown = Object.entries(plan.prices).find(
    ([type, price]) => plan.instanceTypes.includes(type) && price.kind === 'unknown',
  );
  const why = unknown?.[1].kind === 'unknown' ? `the price of ${unknown[0]} is unknown (${unknown[1].why})` : undefined;
  return { label: plan.label, ceilingUsd: plan.asked.ceilingUsd, ...(why === undefined ? {} : { why }) };
}
