import type { Problem } from '../action-error.ts';
import type { Price } from '../records/record.ts';
import type { Spec } from '../spec/spec.ts';
import { formatUsd } from '../training/money.ts';

/** Hours of an average month, as AWS bills and quotes it. */
export const hoursPerMonth = 730;

/** What so many machines cost a month, in USD; undefined when the price is unknown. */
export function findMonthlyUsd(price: Price, instances: number): number | undefined {
  return price.kind === 'known' ? price.usdPerHour * instances * hoursPerMonth : undefined;
}

/** Machines an endpoint of this spec stands with when nothing is asked of it: what scaling leaves it, else what `serve` says. */
export function getStandingInstances({ serve, scaling }: Pick<Spec, 'serve' | 'scaling'>): number {
  const wanted = serve?.instanceCount ?? 1;
  const range = scaling?.endpoint;
  return range ? Math.min(range.max, Math.max(range.min, wanted)) : wanted;
}

/** What forbids an endpoint that stands with so many machines; undefined when it may be deployed. */
export function findEndpointBudgetProblem(spec: Spec, price: Price, instances: number): Problem | undefined {
  const limit = spec.budget.endpointPerMonthUsd;
  if (limit === undefined || !spec.serve) return undefined;
  const type = spec.serve.instanceType;
  const usd = findMonthlyUsd(price, instances);
  if (usd === undefined) {
    return {
      name: 'serve.instance-type',
      message: `What ${type} costs is unknown, so budget.endpoint-per-month cannot be held: ${price.kind === 'unknown' ? price.why : ''}.`,
      fix: 'Choose an instance type with a known price, or remove budget.endpoint-per-month and accept that nothing holds it.',
    };
  }
  if (usd <= limit) return undefined;
  return {
    name: 'budget.endpoint-per-month',
    message: `The endpoint costs ${formatUsd(usd)} a month (${instances} × ${type}), more than the ${formatUsd(limit)} allowed.`,
    fix: 'Choose a smaller serve.instance-type, fewer machines (serve.instance-count, scaling.endpoint.min), or raise budget.endpoint-per-month.',
  };
}
