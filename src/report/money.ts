import { isFinal, type RunRecord } from '../records/record.ts';
import type { Text } from './document.ts';
import { formatHourlyUsd, formatUsd, joinWords } from './format.ts';
import type { ReportInput } from './input.ts';

/** What the records of this run cost as far as it is known, what is missing from that sum, and the pull request's budget. */
export function writeMoney(input: ReportInput, current: readonly RunRecord[]): Text {
  const rehearsal = input.records.some((record) => record.rehearsal);
  const counted = findCounted(input, current);
  const known = counted.filter((record) => record.costUsd !== undefined);
  const sum = known.reduce((usd, record) => usd + (record.costUsd ?? 0), 0);
  const missing = writeMissing(counted);
  const earlier = counted.length > current.length ? ', earlier attempts included' : '';
  const amount =
    known.length === 0 && missing.length > 0
      ? missing.join(' and ')
      : [`${formatUsd(sum)}${earlier}`, ...missing].join(', plus ');
  const words = rehearsal ? ` nothing was billed; on AWS these seconds would have cost ${amount}` : ` ${amount}`;
  return [{ strong: 'Cost:' }, `${words}.`, writeBudget(input.budget, rehearsal)];
}

/** What is shown, and earlier attempts of the same workflow runs. What another run spent on the commit is in its own report. */
function findCounted({ records, context }: ReportInput, current: readonly RunRecord[]): RunRecord[] {
  const runs = new Set([context.workflow.runId, ...current.map((record) => record.workflow.runId)]);
  return records.filter((record) => runs.has(record.workflow.runId));
}

/** What is said of the runs whose cost is not in the sum. */
function writeMissing(records: readonly RunRecord[]): string[] {
  const open = records.filter((record) => !isFinal(record.state) && record.costUsd === undefined);
  const unpriced = records.filter((record) => isFinal(record.state) && record.costUsd === undefined);
  const ceilings = open.map((record) => record.asked.ceilingUsd);
  const most = ceilings.every((usd) => usd !== undefined)
    ? `at most ${formatUsd(ceilings.reduce((sum: number, usd) => sum + (usd ?? 0), 0))}`
    : 'an unknown amount';
  return [
    ...(open.length > 0 ? [`${most} for ${count(open.length, 'run')} not yet seen to end`] : []),
    ...(unpriced.length > 0 ? [`an unknown amount for ${count(unpriced.length, 'run')} (${whyUnknown(unpriced)})`] : []),
  ];
}

function whyUnknown(records: readonly RunRecord[]): string {
  const reasons = records.map((record) => (record.price.kind === 'unknown' ? record.price.why : 'the billed time is not known'));
  return [...new Set(reasons)].slice(0, 3).join('; ');
}

function writeBudget({ spending, perPullRequestUsd: limit }: ReportInput['budget'], rehearsal: boolean): string {
  if (!spending) return '';
  const { spentUsd, committedUsd, unknown } = spending;
  const who = rehearsal ? 'All rehearsals of this pull request come to' : 'This pull request has spent';
  const more = committedUsd > 0 ? `, and at most ${formatUsd(committedUsd)} more for what has not ended` : '';
  const missing = unknown.length > 0 ? `, not counting ${count(unknown.length, 'run')} of unknown cost` : '';
  // What nobody knows is not $0.
  if (spentUsd === 0 && unknown.length > 0)
    return ` ${who} an amount that is not known (${count(unknown.length, 'run')})${more}.`;
  const over = limit !== undefined && spentUsd > limit ? ' – over budget' : '';
  return ` ${who} ${formatUsd(spentUsd)}${limit === undefined ? '' : ` of ${formatUsd(limit)}`}${more}${missing}${over}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Cost of one run in a table cell: the figure, or why there is none. */
export function describeCost(record: RunRecord): string {
  if (record.costUsd !== undefined) return formatUsd(record.costUsd);
  if (record.price.kind === 'unknown') return 'unknown (no price)';
  if (!isFinal(record.state))
    return record.asked.ceilingUsd === undefined ? 'open' : `open, at most ${formatUsd(record.asked.ceilingUsd)}`;
  return 'unknown';
}

type Priced = Pick<RunRecord, 'price' | 'rehearsal'> & { readonly machine: { readonly instanceType: string } };

/** Where every price of the table comes from: `ml.m5.xlarge $0.23/h (AWS Pricing API, 2026-11-22)`. */
export function describePrices(records: readonly Priced[]): string {
  const prices = records.map(({ price, machine, rehearsal }) => {
    if (price.kind === 'unknown') return `${machine.instanceType} unknown (${price.why})`;
    // In a rehearsal the local cloud answers for the Pricing API, from a table of its own.
    const api = rehearsal ? 'price list of the local cloud' : 'AWS Pricing API';
    const source = price.source === 'pricing-api' ? api : 'built-in table';
    const estimate = price.quality === 'derived' ? ', an estimate derived from the EC2 price' : '';
    return `${machine.instanceType} ${formatHourlyUsd(price.usdPerHour)} (${source}, ${price.date}${estimate})`;
  });
  return joinWords([...new Set(prices)].slice(0, 6));
}
