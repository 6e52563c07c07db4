import type { TuningRecord } from '../../records/tuning-record.ts';
import type { Log } from '../../runner/ports.ts';
import { formatSeconds } from '../../time/duration.ts';
import { formatUsd } from '../../training/money.ts';
import { describeValues } from '../../training/hyperparameters.ts';
import { listBest } from './finish.ts';

type Trial = TuningRecord['trials'][number];

const everyMs = 30_000;
/** Beyond so many trials a line each would be a flood: then only a new best and the first failures have one. */
const mostLines = 40;
const mostFailures = 5;
const topRows = 10;
const reasonLength = 160;

/** Follows the search in the log: a line for each trial that has ended, and how the whole stands when that changes. */
export function createLeaderboard(record: TuningRecord, log: Log): (now: TuningRecord, at: Date) => void {
  const told = new Set<string>();
  let said = '';
  let saidAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  return (current, at) => {
    const { trials, asked } = current;
    const ended = trials.filter(isOver);
    const [best] = listBest({ trials: ended, asked });
    for (const trial of ended) {
      if (told.has(trial.name)) continue;
      told.add(trial.name);
      if (trial.status === 'failed') failures += 1;
      const worth = trial.name === best?.name || (trial.status === 'failed' && failures <= mostFailures);
      if (worth || told.size <= mostLines) log.info(describeTrial(trial, current, trial.name === best?.name));
      else if (told.size === mostLines + 1) log.info('tune: from here on only a new best and the first failures have a line.');
    }
    const state = describeSearch(current, ended.length, best);
    if (state === said && at.getTime() - saidAt < everyMs) return;
    said = state;
    saidAt = at.getTime();
    log.info([`tune: ${state}`, ...describeProgress(current, record, at)].join(', '));
  };
}

const isOver = ({ status, billedSeconds }: Trial): boolean => status !== 'in-progress' && billedSeconds !== undefined;

function describeTrial(trial: Trial, { trials, asked }: TuningRecord, best: boolean): string {
  const number = trials.findIndex(({ name }) => name === trial.name) + 1;
  const status = trial.endedEarly ? 'ended early by the search' : trial.status;
  const value = trial.objective === undefined ? `no ${asked.objective.metric}` : `${asked.objective.metric} ${trial.objective}`;
  const reason = trial.failureReason === undefined ? [] : [trial.failureReason.replaceAll(/\s+/g, ' ').slice(0, reasonLength)];
  const parts = [`${status} after ${formatSeconds(trial.billedSeconds ?? 0)}`, value, describeValues(trial.hyperparameters)];
  return `tune: trial ${number} of ${asked.maxJobs} ${[...parts, ...reason].join(', ')}${best ? ' ← best so far' : ''}`;
}

function describeSearch({ trials, asked }: TuningRecord, ended: number, best: Trial | undefined): string {
  const running = trials.filter(({ status, started }) => status === 'in-progress' && started !== undefined).length;
  const starting = trials.filter(({ status, started }) => status === 'in-progress' && started === undefined).length;
  return [
    `${ended} of ${asked.maxJobs} trials ended`,
    ...(running > 0 ? [`${running} running`] : []),
    ...(starting > 0 ? [`${starting} starting`] : []),
    ...(best === undefined ? [] : [`best ${asked.objective.metric} ${best.objective}`]),
  ].join(', ');
}

/** How long it has been going on, and what its ended trials have cost. */
function describeProgress({ trials, times }: TuningRecord, { times: planned }: TuningRecord, at: Date): string[] {
  const seconds = (at.getTime() - Date.parse(times.created ?? planned.planned)) / 1000;
  const costs = trials.flatMap(({ costUsd }) => costUsd ?? []);
  const spent = costs.reduce((sum, usd) => sum + usd, 0);
  return [formatSeconds(seconds), ...(costs.length > 0 ? [`${formatUsd(spent)} for those that ended`] : [])];
}

/** The best trials as a table, for the end of the log. */
export function drawLeaderboard(record: TuningRecord): string[] {
  const { asked, trials } = record;
  const ranked = listBest(record).slice(0, topRows);
  if (ranked.length === 0) return [];
  const { goal, metric } = asked.objective;
  const rows = ranked.map((trial, index) => [
    String(index + 1),
    String(trial.objective),
    describeValues(trial.hyperparameters),
    trial.billedSeconds === undefined ? 'unknown' : formatSeconds(trial.billedSeconds),
    trial.costUsd === undefined ? 'unknown' : formatUsd(trial.costUsd),
    trial.endedEarly ? 'ended early' : trial.status,
    trial.name,
  ]);
  const heads = ['', metric, 'values', 'billed', 'cost', 'status', 'training job'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const which =
    ranked.length < trials.length ? `The best ${ranked.length} of ${trials.length} trials` : `All ${trials.length} trials`;
  return [`${which}, ${goal === 'minimize' ? 'lowest' : 'highest'} ${metric} first:`, line(heads), ...rows.map(line)];
}
