import type { Log } from '../../runner/ports.ts';
import type { Price, RunRecord } from '../../records/record.ts';
import { formatUsd } from '../../training/money.ts';
import { formatSeconds } from '../../time/duration.ts';
import type { Preparation } from './prepare.ts';

/** What the step is about to do and may cost, before it does it. */
export function announce({ decisions, basis }: Preparation, log: Log): void {
  for (const { kind, plan, ...decision } of decisions) {
    if (kind === 'launch') {
      const { ceilingUsd, instanceCount, maxRuntimeSeconds } = plan.asked;
      const most = ceilingUsd === undefined ? 'at an unknown price' : `for ${formatUsd(ceilingUsd)} at most`;
      const limits = `${formatSeconds(maxRuntimeSeconds)} at most, ${most}`;
      log.info(
        `${plan.label}: new job on ${instanceCount} × ${plan.instanceTypes.join(', else ')}; ${limits} (${plan.instanceTypes.map((type) => describePrice(type, plan.prices[type])).join('; ')}).`,
      );
      continue;
    }
    if (kind === 'reuse' && 'record' in decision && decision.record.state.status === 'reused') {
      const { name, commit } = decision.record.state;
      log.info(
        `${plan.label}: nothing has changed since ${commit.slice(0, 7)}; uses the model of ${name} at $0. The input force trains again.`,
      );
    }
  }
  for (const warning of basis.warnings) log.warning(warning);
}

function describePrice(type: string, price: Price | undefined): string {
  if (!price || price.kind === 'unknown') return `${type} unknown${price ? `: ${price.why}` : ''}`;
  const source = price.source === 'pricing-api' ? 'Pricing API' : `table, ${price.quality}`;
  return `${type} ${price.usdPerHour} USD/h, ${source}, ${price.date}`;
}

/** One line for a run that is over. */
export function describeOutcome(record: RunRecord): string {
  if (record.handedOver)
    return `${record.label}: ${record.name} runs on without this step; a later run of this commit finishes it.`;
  const cost = record.costUsd === undefined ? 'cost unknown' : formatUsd(record.costUsd);
  const duration = record.billedSeconds
    ? [`${formatSeconds(record.billedSeconds)} billed on ${record.machine.instanceCount} × ${record.machine.instanceType}`]
    : [];
  const metrics = record.metrics.map(({ name, value }) => `${name} ${value}`);
  return [`${record.label}: ${record.state.status}`, ...duration, cost, ...metrics].join(', ');
}
