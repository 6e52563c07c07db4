import type { Log } from '../../runner/ports.ts';
import type { Price, RunRecord } from '../../records/record.ts';
import { formatUsd } from '../../training/money.ts';
import { formatSeconds } from '../../time/duration.ts';
import type { Result } from './failures.ts';
import type { Outputs } from './outputs.ts';
import type { Preparation } from './prepare.ts';

/** What the step is about to do and may cost, before it does it. */
export function announce({ decisions, basis }: Preparation, log: Log): void {
  for (const { kind, plan, ...decision } of decisions) {
    if (kind === 'launch') {
      const { ceilingUsd, instanceCount, maxRuntimeSeconds } = plan.asked;
      const most = ceilingUsd === undefined ? 'an unknown price' : formatUsd(ceilingUsd);
      const limits = `at most ${formatSeconds(maxRuntimeSeconds)} and ${most}`;
      const prices = plan.instanceTypes.map((type) => describePrice(type, plan.prices[type], basis.rehearsal));
      log.info(
        `${plan.label}: new job on ${instanceCount} × ${plan.instanceTypes.join(', else ')}, ${limits} (${prices.join('; ')}).`,
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

/** A price for the log, with where it is from. */
export function describePrice(type: string, price: Price | undefined, rehearsal: boolean): string {
  if (!price || price.kind === 'unknown') return `${type} unknown${price ? `: ${price.why}` : ''}`;
  const api = rehearsal ? 'price list of the local cloud' : 'Pricing API';
  const source = price.source === 'pricing-api' ? api : `built-in table, ${price.quality}`;
  return `${type} $${price.usdPerHour}/h, ${source}, ${price.date}`;
}

/** What the step's runs cost together. A rehearsal says that nobody pays it. */
export function describeTotal(results: readonly Pick<Result, 'record'>[], { costUsd }: Pick<Outputs, 'costUsd'>): string {
  if (costUsd === '') return 'In all: cost not known (yet).';
  const rehearsal = results.some(({ record }) => record?.rehearsal);
  return `In all: ${formatUsd(Number(costUsd))}${rehearsal ? ' on AWS; here nothing was billed' : ''}.`;
}

/** `2 × ml.m5.large`; a run on EC2 that was interrupted has had several machines, one after another. */
function describeMachines({ machine, ec2 }: RunRecord): string {
  const machines = ec2?.machines ?? [];
  return machines.length > 1 ? `${machines.length} machines in turn` : `${machine.instanceCount} × ${machine.instanceType}`;
}

/** One line for a run that is over. */
export function describeOutcome(record: RunRecord): string {
  if (record.handedOver)
    return `${record.label}: ${record.name} runs on without this step; a later run of this commit finishes it.`;
  const cost = record.costUsd === undefined ? 'cost unknown' : formatUsd(record.costUsd);
  const duration = record.billedSeconds ? [`${formatSeconds(record.billedSeconds)} billed on ${describeMachines(record)}`] : [];
  const metrics = record.metrics.map(({ name, value }) => `${name} ${value}`);
  return [`${record.label}: ${record.state.status}`, ...duration, cost, ...metrics].join(', ');
}
