import { isFinal, type RunRecord } from '../records/record.ts';
import { changeSince, hasResult, rank } from '../training/comparison.ts';
import { describeChange } from './change.ts';
import type { Inline, Text } from './document.ts';
import { formatAge, formatDuration, formatNumber, formatRatio, formatUsd, shortCommit } from './format.ts';
import type { ReportInput } from './input.ts';
import { writeMoney } from './money.ts';
import { describeFully } from './state.ts';

type Names = ReadonlyMap<RunRecord, string>;

/** The first lines of a report: did it work, what did it cost, is it better than main, and which run won. */
export function writeVerdict(input: ReportInput, current: readonly RunRecord[], names: Names): Text[] {
  return [
    writeResult(current, names),
    writeMoney(input, current),
    writeVersusMain(input, current, names),
    ...writeRanking(input, current, names),
  ];
}

const longestReason = 300;
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
  const all = current.length === 1 ? 'the run completed' : `all ${current.length} runs completed`;
  const done = others.length === 0 ? all : completed.length > 0 ? `${completed.length} of ${current.length} runs completed` : '';
  return [{ strong: 'Result:' }, ` ${done}`, ...said, ...more, '.'];
}

function clip(text: string): string {
  return text.length > longestReason ? `${text.slice(0, longestReason)}…` : text.replace(/\.$/, '');
}

function writeVersusMain(input: ReportInput, current: readonly RunRecord[], names: Names): Text {
  const { baseline } = input;
  const title = { strong: input.context.pullRequest ? 'Versus main:' : 'Versus the run before:' };
  if (!baseline) return [title, ' nothing to compare with yet.'];
  const main = `${shortCommit(baseline.commit)}, trained ${formatAge(baseline.date, input.now)}`;
  const best = rank(current, input.objective).best?.record;
  const chosen = [...(best ? [best] : []), ...current].find((record) => changeSince(record, baseline.records, input.objective));
  const change = chosen && changeSince(chosen, baseline.records, input.objective);
  if (!change) return [title, ` no run has a finished counterpart there yet (${main}).`];
  const words = describeChange(change, input.objective);
  const name = current.filter(hasResult).length > 1 ? `${names.get(chosen) ?? chosen.label}: ` : '';
  return [title, ` ${name}${words.length > 0 ? words.join(', ') : 'no number to compare'} (${main}).`];
}

/** Which run won, when at least two ended: nothing is said about one that did not. */
function writeRanking(input: ReportInput, current: readonly RunRecord[], names: Names): Text[] {
  const trained = current.filter((record) => record.state.status === 'completed');
  const { fastest, cheapest, best } = rank(current, input.objective);
  if (trained.length < 2) return [];
  const name = (record: RunRecord): Inline => ({ strong: names.get(record) ?? record.label });
  const parts: Inline[][] = [];
  if (fastest?.trainingSeconds) {
    const slowest = Math.max(...trained.map((record) => record.trainingSeconds ?? 0));
    const times = slowest / fastest.trainingSeconds;
    parts.push([
      'fastest is ',
      name(fastest),
      ` with ${formatDuration(fastest.trainingSeconds)}${times >= 1.05 ? `, ${times.toFixed(1)} × as fast as the slowest` : ''}`,
    ]);
  }
  if (cheapest?.costUsd) {
    const dearest = Math.max(...trained.map((record) => record.costUsd ?? 0));
    const more = dearest > cheapest.costUsd ? `, the dearest costs ${formatRatio(dearest / cheapest.costUsd)}` : '';
    parts.push(['cheapest is ', name(cheapest), ` with ${formatUsd(cheapest.costUsd)}${more}`]);
  }
  if (best) parts.push(writeBest(best, current, name));
  return parts.length > 0
    ? [[{ strong: 'Comparison:' }, ' ', ...parts.flatMap((part, index) => (index > 0 ? ['; ', ...part] : part)), '.']]
    : [];
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

/** Whether anything in the report can still change. */
export function isSettled(records: readonly RunRecord[]): boolean {
  return records.every((record) => isFinal(record.state));
}
