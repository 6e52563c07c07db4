import type { RunRecord } from '../records/record.ts';
import { countSamples, lastSampleSeconds, meanCpuOverTime } from '../training/utilisation.ts';
import { writeAdvice } from './advice.ts';
import { nameRuns, splitAttempts } from './attempts.ts';
import { writeDetails } from './details.ts';
import type { Block, Text } from './document.ts';
import { shortCommit } from './format.ts';
import { writeHeadline } from './headline.ts';
import { toHtml } from './html.ts';
import type { ReportInput } from './input.ts';
import { toMarkdownPieces } from './markdown.ts';
import { mostLines } from './mermaid-chart.ts';
import { describePrices } from './money.ts';
import { writeRunTable } from './run-table.ts';
import { joinWithin } from './shorten.ts';
import { writeVerdict } from './verdict.ts';

type Names = ReadonlyMap<RunRecord, string>;

/** GitHub's limit for a comment, in characters. */
export const commentLimit = 65_536;
/** GitHub's limit for a step's summary is 1 MiB; a character takes up to three bytes a UTF-16 code unit. */
const summaryLimit = 340_000;
/** Room for the marker that the comment begins with. */
const markerRoom = 400;

const mostChartBins = 60;

export interface Report {
  /** Fits into a comment together with its marker. */
  readonly markdown: string;
  /** The same with less left out. */
  readonly summary: string;
  /** Everything, as one HTML file. */
  readonly html: string;
}

/** Renders the report of at least one record. Pure: equal inputs give equal bytes. */
export function renderReport(input: ReportInput): Report {
  const blocks = writeBlocks(input);
  const pieces = toMarkdownPieces(blocks);
  const { serverUrl, repository, workflow } = input.context;
  const run = `${serverUrl}/${repository.owner}/${repository.name}/actions/runs/${workflow.runId}`;
  const note = `*Shortened to fit; the whole report is the HTML file that [this workflow run](${run}) wrote.*`;
  return {
    markdown: joinWithin(pieces, commentLimit - markerRoom, note),
    summary: joinWithin(pieces, summaryLimit, note),
    html: toHtml(`${input.spec.name}: Trainyard report`, blocks),
  };
}

function writeBlocks(input: ReportInput): Block[] {
  const { current, earlier } = splitAttempts(input.records);
  const names = nameRuns(current);
  const advice = writeAdvice(input, current, names);
  const warnings = writeWarnings(input, current, names);
  return [
    { kind: 'heading', text: writeHeadline(input.spec.name, current) },
    { kind: 'list', items: writeVerdict(input, current, names) },
    { ...writeRunTable(input, current, names), weight: 100 },
    ...writeChart(current, names),
    ...(advice.length > 0
      ? [{ kind: 'paragraph', text: [{ strong: 'What the numbers suggest' }] } as const, { kind: 'list', items: advice } as const]
      : []),
    ...(warnings.length > 0 ? [{ kind: 'list', items: warnings, weight: 90 } as const] : []),
    ...writeDetails(input, current, earlier, names),
    { kind: 'paragraph', text: writeFootnote(input, current) },
  ];
}

function writeWarnings(input: ReportInput, current: readonly RunRecord[], names: Names): Text[] {
  const own = input.notes.map((note): Text => [`ℹ️ ${note}`]);
  const ofRuns = current.flatMap((record) =>
    record.warnings.map((warning): Text => ['⚠️ ', { strong: names.get(record) ?? record.label }, `: ${warning}`]),
  );
  return [...own, ...ofRuns];
}

/** CPU of all runs over the seconds of their training, on one axis. */
function writeChart(current: readonly RunRecord[], names: Names): Block[] {
  const measured = current.filter((record) => record.utilisation.hosts.some((host) => host.cpu.length > 1));
  if (measured.length === 0) return [];
  const endSeconds = Math.max(...measured.map(lastSampleSeconds), 1);
  const finest = Math.max(
    ...measured.map((record) => (countSamples(record) * endSeconds) / Math.max(1, lastSampleSeconds(record))),
  );
  const bins = Math.max(2, Math.min(mostChartBins, Math.round(finest)));
  const lines = measured.map((record) => ({
    name: names.get(record) ?? record.label,
    values: meanCpuOverTime(record, bins, endSeconds),
    seconds: lastSampleSeconds(record),
  }));
  const ended = new Set(lines.map((line) => Math.round(line.seconds))).size > 1 ? ' (0 once a run has ended)' : '';
  const some = measured.length > mostLines ? `, the first ${mostLines} of ${measured.length} runs` : '';
  return [{ kind: 'chart', title: `CPU over time${some}${ended}`, endSeconds, lines, weight: 80 }];
}

function writeFootnote(input: ReportInput, current: readonly RunRecord[]): Text {
  const { context, records } = input;
  const run = `${context.serverUrl}/${context.repository.owner}/${context.repository.name}/actions/runs/${context.workflow.runId}`;
  const rehearsal = records.some((record) => record.rehearsal);
  const compared =
    input.baseline === undefined ? '' : ` In brackets: the change since main at ${shortCommit(input.baseline.commit)}.`;
  const where = rehearsal
    ? 'Run on the local cloud: durations are this machine’s, dollars are what these seconds would cost on the named machines, CPU is core-seconds as per cent of their vCPUs.'
    : `Run by SageMaker in ${[...new Set(current.map((record) => record.region))].join(', ')}. CPU is per cent of the vCPUs, over all hosts.`;
  return [
    `Cost = billed time × instances × price: ${describePrices(current)}. ${where}${compared} Commit `,
    { code: shortCommit(context.commit) },
    ', ',
    { link: `workflow run ${context.workflow.runId}`, href: run },
    `${context.workflow.attempt > 1 ? `, attempt ${context.workflow.attempt}` : ''}.`,
  ];
}
