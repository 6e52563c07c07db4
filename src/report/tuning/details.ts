import type { TuningRecord } from '../../records/tuning-record.ts';
import { chooseScale } from '../../training/search/scale.ts';
import { nameTrial } from '../../training/search/trials.ts';
import type { Block, Inline, Table, Text } from '../document.ts';
import { findSafeLink } from '../escape.ts';
import { formatDuration, formatNumber, formatUsd } from '../format.ts';
import { describeSearchCost } from './cost.ts';
import { describeSearchState } from './state.ts';
import type { ToldSearches } from './told.ts';
import { clip, describeRange } from './values.ts';

const longestReason = 300;
const mostReasons = 20;

/** The folded part of the search that is told whole, and the others in a line each. Empty tables are left out. */
export function writeTuningDetails(search: TuningRecord, { others, earlier }: ToldSearches, serverUrl: string): Block[] {
  const tables: readonly { summary: string; weight: number; table: Table }[] = [
    { summary: 'Why trials failed', weight: 66, table: writeFailures(search) },
    { summary: 'What was searched', weight: 52, table: writeRanges(search) },
    { summary: 'The tuning job', weight: 51, table: writeSettings(search, serverUrl) },
    { summary: 'Other tuning jobs', weight: 58, table: writeOthers(others) },
    { summary: 'Earlier attempts at tuning', weight: 36, table: writeOthers(earlier) },
  ];
  return tables.flatMap(({ summary, weight, table }): Block[] =>
    table.rows.length > 0 ? [{ kind: 'details', summary, body: table, weight }] : [],
  );
}

/** A reason that many trials share is told once. */
function writeFailures(search: TuningRecord): Table {
  const reasons = new Map<string, string[]>();
  for (const trial of search.trials) {
    if (trial.status !== 'failed') continue;
    const reason = trial.failureReason?.trim() || 'The service gave no reason.';
    reasons.set(reason, [...(reasons.get(reason) ?? []), nameTrial(trial, search)]);
  }
  const rows = [...reasons]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, mostReasons)
    .map(([reason, names]): Text[] => [
      [String(names.length)],
      [{ code: names[0] ?? '' }],
      [{ code: clip(reason, longestReason) }],
    ]);
  return { kind: 'table', header: ['Trials', 'First of them', 'Reason'], align: ['right', 'left', 'left'], rows };
}

function writeRanges({ asked, best }: TuningRecord): Table {
  const rows = Object.entries(asked.ranges).map(([name, range]): Text[] => {
    const scale =
      range.kind === 'categorical' ? 'categories' : range.scale === 'auto' ? `auto, drawn ${chooseScale(range)}` : range.scale;
    const value = best?.hyperparameters[name];
    return [[{ code: clip(name) }], [describeRange(range)], [scale], [value === undefined ? 'none' : { code: clip(value) }]];
  });
  const fixed = Object.entries(asked.hyperparameters).map(([name, value]): Text[] => [
    [{ code: clip(name) }],
    ['not varied'],
    ['–'],
    [{ code: clip(value) }],
  ]);
  return { kind: 'table', header: ['Hyperparameter', 'Range', 'Scale', 'Best value'], rows: [...rows, ...fixed] };
}

function writeSettings(search: TuningRecord, serverUrl: string): Table {
  const { asked, machine, url, name, fingerprint, times } = search;
  const href = url === undefined ? undefined : findSafeLink(url, serverUrl);
  const job: Inline = href === undefined ? { code: name } : { link: name, href };
  const took =
    times.created && times.ended ? Math.max(0, (Date.parse(times.ended) - Date.parse(times.created)) / 1000) : undefined;
  const facts: (readonly [string, Inline])[] = [
    ['Job', job],
    ['Objective', `${asked.objective.goal} ${clip(asked.objective.metric)}`],
    ['Strategy', `${asked.strategy}${asked.earlyStopping ? ', stops trials early that will not win' : ''}`],
    ['Trials', `at most ${formatNumber(asked.maxJobs)}, ${formatNumber(asked.maxParallelJobs)} at a time`],
    [
      'Each trial',
      `${machine.instanceCount} × ${machine.instanceType}, at most ${formatDuration(asked.maxRuntimeSeconds)}, ${asked.volumeGb} GB volume`,
    ],
    ['From first to last', took === undefined ? 'not ended' : formatDuration(took)],
    ['Cost', describeSearchCost(search)],
    ['Ceiling', asked.ceilingUsd === undefined ? 'unknown (no price)' : formatUsd(asked.ceilingUsd)],
    ['Stops at', asked.stopAtUsd === undefined ? 'no budget' : formatUsd(asked.stopAtUsd)],
    ...factOf('Begins with the results of', asked.warmStart),
    ...factOf(
      'The service ends it after',
      asked.maxSearchSeconds === undefined ? undefined : formatDuration(asked.maxSearchSeconds),
    ),
    ...factOf('Model of the best trial', search.best?.model),
    ['Image', { code: clip(asked.image, longestReason) }],
    ['Entry point', { code: clip(asked.entryPoint, longestReason) }],
    ['Fingerprint', { code: fingerprint.slice(0, 12) }],
  ];
  return { kind: 'table', header: ['', 'Tuning job'], rows: facts.map(([title, fact]): Text[] => [[{ strong: title }], [fact]]) };
}

function factOf(title: string, words: string | undefined): (readonly [string, Inline])[] {
  return words === undefined ? [] : [[title, { code: clip(words, longestReason) }]];
}

function writeOthers(searches: readonly TuningRecord[]): Table {
  const rows = searches.map((search): Text[] => {
    const value = search.best?.objective;
    const best = value === undefined ? 'none' : `${clip(search.asked.objective.metric)} ${formatNumber(value)}`;
    return [
      [{ code: search.name }],
      [clip(describeSearchState(search), longestReason)],
      [best],
      [String(search.trials.length)],
      [describeSearchCost(search)],
    ];
  });
  return {
    kind: 'table',
    header: ['Tuning job', 'State', 'Best', 'Trials', 'Cost'],
    align: ['left', 'left', 'right', 'right', 'right'],
    rows,
  };
}
