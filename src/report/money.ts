import { isFinal, type Price, type RunRecord } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';
import type { Text } from './document.ts';
import { formatHourlyUsd, formatUsd, joinWords } from './format.ts';
import { isRehearsal, type ReportInput } from './input.ts';

type Costed = RunRecord | TuningRecord;

/** What the records of this run cost as far as it is known, what is missing from that sum, and the pull request's budget. */
export function writeMoney(input: ReportInput, current: readonly RunRecord[], searches: readonly TuningRecord[] = []): Text {
  const rehearsal = isRehearsal(input);
  const shown: readonly Costed[] = [...current, ...searches];
  const counted = findCounted(input, shown);
  const known = counted.flatMap((record) => findKnownUsd(record) ?? []);
  const sum = known.reduce((usd, cost) => usd + cost, 0);
  const missing = writeMissing(counted);
  const earlier = counted.length > shown.length ? ', earlier attempts included' : '';
  const amount =
    known.length === 0 && missing.length > 0
      ? missing.join(' and ')
      : [`${formatUsd(sum)}${earlier}${writeShare(counted)}`, ...missing].join(', plus ');
  const words = rehearsal ? ` nothing was billed; on AWS these seconds would have cost ${amount}` : ` ${amount}`;
  return [{ strong: 'Cost:' }, `${words}.`, writeBudget(input.budget, rehearsal)];
}

/** What is shown, and earlier attempts of the same workflow runs. What another run spent on the commit is in its own report. */
function findCounted({ records, tuning = [], context }: ReportInput, shown: readonly Costed[]): Costed[] {
  const runs = new Set([context.workflow.runId, ...shown.map((record) => record.workflow.runId)]);
  return [...records, ...tuning].filter((record) => runs.has(record.workflow.runId));
}

/** The whole cost, or of a search that has ended that of the trials whose cost is known. */
function findKnownUsd(record: Costed): number | undefined {
  if (record.costUsd !== undefined || !isSearch(record) || !isFinal(record.state)) return record.costUsd;
  const known = record.trials.flatMap(({ costUsd }) => costUsd ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, usd) => sum + usd, 0);
}

function isSearch(record: Costed): record is TuningRecord {
  return record.kind === 'tuning-job';
}

/** How much of the sum the search took, where runs are in it, too. */
function writeShare(counted: readonly Costed[]): string {
  const searched = counted.filter(isSearch).flatMap((record) => findKnownUsd(record) ?? []);
  const usd = searched.reduce((sum, cost) => sum + cost, 0);
  const trained = counted.some((record) => !isSearch(record) && record.costUsd !== undefined);
  return usd > 0 && trained ? ` (${formatUsd(usd)} of it for tuning)` : '';
}

/** What is said of the runs and searches whose cost is not in the sum, or not all of it. */
function writeMissing(records: readonly Costed[]): string[] {
  const open = records.filter((record) => !isFinal(record.state) && record.costUsd === undefined);
  const unpriced = records.filter((record) => isFinal(record.state) && record.costUsd === undefined);
  const ceilings = open.map((record) => record.asked.ceilingUsd);
  const most = ceilings.every((usd) => usd !== undefined)
    ? `at most ${formatUsd(ceilings.reduce((sum: number, usd) => sum + (usd ?? 0), 0))}`
    : 'an unknown amount';
  return [
    ...(open.length > 0 ? [`${most} for ${countJobs(open)} not yet seen to end`] : []),
    ...(unpriced.length > 0 ? [`an unknown amount for ${countUnpriced(unpriced)} (${whyUnknown(unpriced)})`] : []),
  ];
}

/** `2 runs`, `1 run and 1 tuning job` */
function countJobs(records: readonly Costed[]): string {
  const searches = records.filter(isSearch).length;
  const runs = records.length - searches;
  return joinWords([...(runs > 0 ? [count(runs, 'run')] : []), ...(searches > 0 ? [count(searches, 'tuning job')] : [])]);
}

/** As above; of a search whose cost is known in part, the trials where it is not. */
function countUnpriced(records: readonly Costed[]): string {
  const partly = records.filter(isSearch).filter((record) => findKnownUsd(record) !== undefined);
  const trials = partly.reduce((sum, record) => sum + record.trials.filter(({ costUsd }) => costUsd === undefined).length, 0);
  const wholly = records.filter((record) => !(partly as readonly Costed[]).includes(record));
  return joinWords([...(wholly.length > 0 ? [countJobs(wholly)] : []), ...(trials > 0 ? [count(trials, 'trial')] : [])]);
}

function whyUnknown(records: readonly Costed[]): string {
  const reasons = records.flatMap(listReasons);
  return [...new Set(reasons)].slice(0, 3).join('; ');
}

function listReasons(record: Costed): string[] {
  const machines = isSearch(record) ? [] : (record.ec2?.machines ?? []);
  const prices = machines.length > 0 ? machines.map(({ price }) => price) : [record.price];
  const unknown = prices.flatMap((price) => (price.kind === 'unknown' ? price.why : []));
  if (unknown.length > 0) return unknown;
  const timed = !isSearch(record) && record.on === 'ec2' && record.billedSeconds !== undefined;
  return [timed ? 'the price of the volume is not known' : 'the billed time is not known'];
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

type Priced = Pick<RunRecord, 'price' | 'rehearsal'> & {
  readonly machine: { readonly instanceType: string };
  readonly ec2?: RunRecord['ec2'] | undefined;
};

/** Where every price of the table comes from: `ml.m5.xlarge $0.23/h (AWS Pricing API, 2026-11-22)`. */
export function describePrices(records: readonly Priced[]): string {
  const prices = records.flatMap(({ price, machine, ec2, rehearsal }) => {
    if (!ec2 || ec2.machines.length === 0) return `${machine.instanceType} ${describePrice(price, rehearsal)}`;
    return ec2.machines.map((one) => {
      const market = one.spot ? ` spot${one.zone === undefined ? '' : ` in ${one.zone}`}` : '';
      return `${one.instanceType}${market} ${describePrice(one.price, rehearsal)}`;
    });
  });
  return joinWords([...new Set(prices)].slice(0, 6));
}

/** `$0.23/h (AWS Pricing API, 2026-11-22)`, `unknown (…)` */
export function describePrice(price: Price, rehearsal: boolean): string {
  if (price.kind === 'unknown') return `unknown (${price.why})`;
  // In a rehearsal the local cloud answers for AWS, from tables of its own.
  const source = {
    'pricing-api': rehearsal ? 'price list of the local cloud' : 'AWS Pricing API',
    'spot-history': rehearsal ? 'spot prices of the local cloud' : 'EC2’s spot price then',
    table: 'built-in table',
  }[price.source];
  const estimate = price.quality === 'derived' ? ', an estimate derived from the EC2 price' : '';
  return `${formatHourlyUsd(price.usdPerHour)} (${source}, ${price.date}${estimate})`;
}
