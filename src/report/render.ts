import type { RunRecord } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';
import { writeAdvice } from './advice.ts';
import { nameRuns, splitAttempts } from './attempts.ts';
import { writeDetails } from './details.ts';
import { writeCpuChart } from './cpu-chart.ts';
import type { Block, Table, Text } from './document.ts';
import { writeFailureLog } from './failure-log.ts';
import { writeFootnote } from './footnote.ts';
import { writeHeadline } from './headline.ts';
import { toHtml } from './html.ts';
import type { ReportInput } from './input.ts';
import { toMarkdownPieces } from './markdown.ts';
import { writeRunTable } from './run-table.ts';
import { joinWithin } from './shorten.ts';
import { writeTuningAdvice } from './tuning/advice.ts';
import { withTrials, writeTuning } from './tuning/section.ts';
import { chooseSearches, listCurrent } from './tuning/told.ts';
import { writeVerdict } from './verdict.ts';

type Names = ReadonlyMap<RunRecord, string>;

/** GitHub's limit for a comment, in characters. */
export const commentLimit = 65_536;
/** GitHub's limit for a step's summary is 1 MiB; a character takes up to three bytes a UTF-16 code unit. */
export const summaryLimit = 340_000;
/** Room for the marker that the comment begins with. */
const markerRoom = 400;

const mostRowsInSight = 16;

export interface Report {
  /** Fits into a comment together with its marker. */
  readonly markdown: string;
  /** The same with less left out. */
  readonly summary: string;
  /** Everything, as one HTML file. */
  readonly html: string;
}

/** Renders the report of at least one record or tuning record. Pure: equal inputs give equal bytes. */
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
  const tuning = writeTuning(input);
  const searches = listCurrent(chooseSearches(input));
  const advice = [
    ...searches.slice(-1).flatMap((search) => writeTuningAdvice(withTrials(search, input))),
    ...writeAdvice(input, current, names),
  ];
  const warnings = [...writeWarnings(input, current, names), ...searches.flatMap(writeTuningWarnings)];
  return [
    { kind: 'heading', text: writeHeadline(input.spec.name, current, searches) },
    { kind: 'list', items: writeVerdict(input, current, names, searches) },
    ...(current.length > 0 ? [foldIfLong(writeRunTable(input, current, names))] : []),
    ...current.flatMap((record) => writeFailureLog(record, names.get(record) ?? record.label)),
    ...writeCpuChart(current, names),
    ...tuning.inSight,
    ...(advice.length > 0
      ? [
          { kind: 'paragraph', text: [{ strong: 'What the numbers suggest' }] } as const,
          { kind: 'list', items: advice, weight: 95 } as const,
        ]
      : []),
    ...(warnings.length > 0 ? [{ kind: 'list', items: warnings, weight: 90 } as const] : []),
    ...tuning.folded,
    ...writeDetails(input, current, earlier, names),
    { kind: 'paragraph', text: writeFootnote(input, current, searches) },
  ];
}

/** A comment should not fill the page: many runs are folded, and the verdict above them stays in sight. */
function foldIfLong(table: Table): Block {
  if (table.rows.length <= mostRowsInSight) return { ...table, weight: 100 };
  return { kind: 'details', summary: `All ${table.rows.length} runs`, body: table, weight: 100 };
}

function writeWarnings(input: ReportInput, current: readonly RunRecord[], names: Names): Text[] {
  const own = input.notes.map((note): Text => [`ℹ️ ${note}`]);
  const ofRuns = current.flatMap((record) =>
    record.warnings.map((warning): Text => ['⚠️ ', { strong: names.get(record) ?? record.label }, `: ${warning}`]),
  );
  return [...own, ...ofRuns];
}

function writeTuningWarnings({ name, warnings }: TuningRecord): Text[] {
  return warnings.map((warning): Text => ['⚠️ ', { strong: name }, `: ${warning}`]);
}
