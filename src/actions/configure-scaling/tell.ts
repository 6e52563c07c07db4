import { findProvisionedPrice } from '../../prices/lambda-price.ts';
import type { Price } from '../../records/record.ts';
import { toMarkdownPieces } from '../../report/markdown.ts';
import { joinWithin } from '../../report/shorten.ts';
import { findProvisionedUsdPerMonth } from '../../serving/scaling-cost.ts';
import type { Change } from '../../serving/scaling-plan.ts';
import { findMonthlyUsd } from '../../serving/serving-cost.ts';
import type { Spec } from '../../spec/spec.ts';
import { formatUsd } from '../../training/money.ts';

const notSet = 'not set';

export function describeChange({ setting, before = notSet, after = notSet }: Change): string {
  return `${setting}: ${before} → ${after}`;
}

/** What the spec's scaling costs a month, one sentence for each thing that bills while nothing calls it. */
export function describeCosts(
  spec: Spec,
  hosting: Price,
  place: { region: string; instanceType: string; rehearsal: boolean },
): string[] {
  const { endpoint, lambda } = spec.scaling ?? {};
  const costs: string[] = [];
  const count = spec.serve?.instanceCount ?? 1;
  const { min, max } = endpoint ?? { min: count, max: count };
  if (hosting.kind === 'unknown')
    costs.push(`Endpoint: ${describeMachines(min, max)} × ${place.instanceType}, price unknown: ${hosting.why}.`);
  else {
    const usd = [...new Set([min, max])].map((machines) => formatUsd(findMonthlyUsd(hosting, machines) ?? 0)).join(' to ');
    const api = place.rehearsal ? 'price list of the local cloud' : 'Pricing API';
    const source = hosting.source === 'pricing-api' ? api : `built-in table, ${hosting.quality}`;
    costs.push(
      `Endpoint: ${usd} a month for ${describeMachines(min, max)} × ${place.instanceType} ($${hosting.usdPerHour}/h, ${source}, ${hosting.date}).`,
    );
  }
  const warm = lambda?.provisioned ?? 0;
  if (warm > 0) {
    const price = findProvisionedPrice(place.region);
    const memoryMb = spec.serve?.lambda.memoryMb ?? 0;
    const usd = findProvisionedUsdPerMonth(price, warm, memoryMb);
    const what = `${warm} warm environment${warm === 1 ? '' : 's'} of ${memoryMb} MB`;
    costs.push(
      usd === undefined || price.kind === 'unknown'
        ? `Lambda: ${what}, price unknown: ${price.kind === 'unknown' ? price.why : ''}.`
        : `Lambda: ${formatUsd(usd)} a month for ${what} (built-in table, ${price.date}), calls not counted.`,
    );
  }
  return costs;
}

/** What forbids nothing but should be known: the budget holds for the machines that always stand, scaling may go beyond. */
export function findBudgetWarning({ scaling, budget }: Spec, hosting: Price): string | undefined {
  const limit = budget.endpointPerMonthUsd;
  const max = scaling?.endpoint?.max;
  const usd = max === undefined ? undefined : findMonthlyUsd(hosting, max);
  if (limit === undefined || usd === undefined || usd <= limit) return undefined;
  return `If scaling keeps all ${max} machines, the endpoint costs ${formatUsd(usd)} a month, more than budget.endpoint-per-month (${formatUsd(limit)}).`;
}

export function describeMachines(min: number, max: number): string {
  return min === max ? `${min}` : `${min} to ${max}`;
}

interface Told {
  readonly heading: string;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly costs: readonly string[];
}

/** The job summary: a table of before and after, then notes and costs. */
export function writeSummary({ heading, changes, notes, costs }: Told): string {
  const pieces = toMarkdownPieces([
    { kind: 'heading', text: heading },
    ...(changes.length > 0
      ? ([
          {
            kind: 'table',
            header: ['Setting', 'Before', 'After'],
            rows: changes.map(({ setting, before = notSet, after = notSet }) => [[setting], [before], [after]]),
            weight: 100,
          },
        ] as const)
      : []),
    { kind: 'list', items: [...notes, ...costs].map((text) => [text]), weight: 90 },
  ]);
  return joinWithin(pieces, 60_000, '*Shortened; the log of this step has all of it.*');
}
