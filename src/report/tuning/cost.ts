import { isFinal } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import { formatUsd } from '../format.ts';

/** Cost of a search in the middle of a sentence: the sum, or what is known of it and what is not. */
export function describeSearchCost({ costUsd, trials, state, asked, price }: TuningRecord): string {
  if (costUsd !== undefined) return formatUsd(costUsd);
  if (!isFinal(state)) {
    const most = asked.ceilingUsd === undefined ? 'cost open' : `at most ${formatUsd(asked.ceilingUsd)}`;
    return asked.stopAtUsd === undefined ? most : `${most}, to be stopped at ${formatUsd(asked.stopAtUsd)}`;
  }
  if (price.kind === 'unknown') return 'cost unknown (no price)';
  const unknown = trials.filter((trial) => trial.costUsd === undefined).length;
  if (unknown === 0 || unknown === trials.length) return 'cost unknown';
  const known = trials.reduce((sum, trial) => sum + (trial.costUsd ?? 0), 0);
  return `${formatUsd(known)} and an unknown amount for ${unknown} trial${unknown === 1 ? '' : 's'}`;
}

/** `Each trial cost $0.01 to $0.03, $0.02 on average`; undefined while fewer than two are known. */
export function describeTrialCosts({ trials }: TuningRecord): string | undefined {
  const costs = trials.flatMap(({ costUsd }) => (costUsd === undefined ? [] : [costUsd]));
  if (costs.length < 2) return undefined;
  const [least, most, sum] = costs.reduce(([low, high, all], usd) => [Math.min(low, usd), Math.max(high, usd), all + usd], [
    Number.POSITIVE_INFINITY,
    0,
    0,
  ] as [number, number, number]);
  const which = costs.length === trials.length ? 'A trial' : `A trial of the ${costs.length} whose cost is known`;
  return `${which} cost ${formatUsd(least)} to ${formatUsd(most)}, ${formatUsd(sum / costs.length)} on average, ${formatUsd(sum)} together.`;
}
