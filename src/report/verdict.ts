import type { RunContext } from '../records/context.ts';
import type { RunRecord } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';
import { changeSince, chooseDuration, hasResult, rank } from '../training/comparison.ts';
import { describeChange } from './change.ts';
import type { Inline, Text } from './document.ts';
import { writeServices } from './ec2/verdict.ts';
import { formatAge, formatDuration, formatNumber, formatUsd, shortCommit } from './format.ts';
import type { ReportInput } from './input.ts';
import { writeMoney } from './money.ts';
import { describeFully } from './state.ts';
import { writeTuningVerdict } from './tuning/verdict.ts';

type Names = ReadonlyMap<RunRecord, string>;

/** The first lines of a report: did it work, what did it cost, is it better than main, and which run won. */
export function writeVerdict(
  input: ReportInput,
  current: readonly RunRecord[],
  names: Names,
  searches: readonly TuningRecord[] = [],
): Text[] {
  // When all is well the heading has said so.
  const completed = current.every((record) => record.state.status === 'completed');
  return [
    ...(completed ? [] : [writeResult(current, names)]),
    ...searches.slice(-1).map((search) => writeTuningVerdict(search)),
    writeMoney(input, current, searches),
    current.length > 0
      ? writeVersusMain(input, current, names)
      : [{ strong: 'Training:' }, ' no run has been recorded after the tuning yet.'],
    ...writeRanking(input, current, names),
    ...writeServices(current, names),
  ];
}

const longestReason = 600;
const mostRuns = 8;

function writeResult(current: readonly RunRecord[], names: Names): Text {
  const completed = current.filter((record) => record.state.status === 'completed');
  const others = current.filter((record) => record.state.status !== 'completed');
  const said = others
    .slice(0, mostRuns)
    .flatMap((record, index): Inline[] => [
      index > 0 || completed.length > 0 ? '; ' : '',
      { strong: names.get(record) ?? record.label },
      ` ${clip(describeFully(record))}`,
    ]);
  const more = others.length > mostRuns ? [`; and ${others.length - mostRuns} more`] : [];
  const done = completed.length > 0 ? `${completed.length} of ${current.length} runs completed` : '';
  return [{ strong: 'Result:' }, ` ${done}`, ...said, ...more, '.'];
}

function clip(text: string): string {
  return text.length > longestReason ? `${text.slice(0, longestReason)}…` : text.replace(/\.$/, '');
}

function isOnMain({ ref, defaultBranch }: RunContext): boolean {
  return ref === `refs/heads/${defaultBranch}`;
}

function writeVersusMain(input: ReportInput, current: readonly RunRecord[], names: Names): Text {
  const { baseline } = input;
  const title = { strong: isOnMain(input.context) ? 'Versus the commit before:' : 'Versus main:' };
  if (!baseline) return [title, ' nothing to compare with yet.'];
  const main = `${shortCommit(baseline.commit)}, trained ${formatAge(baseline.date, input.now)}`;
  const best = rank(current, input.objective).best?.record;
  const duration = chooseDuration(current);
  const findChange = (record: RunRecord) => changeSince(record, baseline.records, input.objective, duration);
  const chosen = [...(best ? [best] : []), ...current].find(findChange);
  const change = chosen && findChange(chosen);
  if (!change) return [title, ` no run has a finished counterpart there yet (${main}).`];
  const words = describeChange(change, input.objective);
  const name: Inline[] = current.filter(hasResult).length > 1 ? [{ strong: names.get(chosen) ?? chosen.label }, ' '] : [];
  return [title, ' ', ...name, `${words.length > 0 ? words.join(', ') : 'no number to compare'} (${main}).`];
}

/** Which run won, when at least two ended: nothing is said about one that did not. */
function writeRanking(input: ReportInput, current: readonly RunRecord[], names: Names): Text[] {
  const trained = current.filter((record) => record.state.status === 'completed');
  const { fastest, cheapest, best } = rank(current, input.objective);
  if (trained.length < 2) return [];
  const name = (record: RunRecord): Inline => ({ strong: names.get(record) ?? record.label });
  const parts: Inline[][] = [];
  const times = fastest && compare(trained, chooseDuration(trained), formatDuration);
  const costs = cheapest && compare(trained, (record) => record.costUsd, formatUsd);
  if (times && costs && fastest === cheapest) parts.push(['fastest and cheapest is ', name(fastest), `: ${times}, ${costs}`]);
  else {
    if (times) parts.push(['fastest is ', name(fastest), `: ${times}`]);
    if (costs) parts.push(['cheapest is ', name(cheapest), `: ${costs}`]);
  }
  if (best) parts.push(writeBest(best, current, name));
  const text = parts.reduce<Inline[]>((all, part) => all.concat(all.length > 0 ? '; ' : [], part), []);
  return text.length > 0 ? [[{ strong: 'Comparison:' }, ' ', ...text, '.']] : [];
}

/** `10 m 12 s against 17 m 52 s`: the least and the most; undefined when they read the same. */
function compare(
  records: readonly RunRecord[],
  value: (record: RunRecord) => number | undefined,
  format: (value: number) => string,
): string | undefined {
  const values = records.map((record) => value(record) ?? 0);
  const [least, most] = [format(Math.min(...values)), format(Math.max(...values))];
  return least === most ? undefined : `${least} against ${most}`;
}

function writeBest(
  best: NonNullable<ReturnType<typeof rank>['best']>,
  current: readonly RunRecord[],
  name: (record: RunRecord) => Inline,
): Inline[] {
  const values = current
    .filter(hasResult)
    .flatMap((record) => record.metrics.filter((metric) => metric.name === best.metric).map((metric) => metric.value));
  if (values.length > 1 && values.every((value) => value === best.value))
    return [`${best.metric} is ${formatNumber(best.value)} for all`];
  return ['best ', `${best.metric} has `, name(best.record), ` with ${formatNumber(best.value)}`];
}
