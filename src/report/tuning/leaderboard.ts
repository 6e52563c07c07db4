import type { Trial, TuningRecord } from '../../records/tuning-record.ts';
import { nameTrial, rankTrials } from '../../training/search/trials.ts';
import type { Block, Table, Text } from '../document.ts';
import { formatNumber } from '../format.ts';
import { describeTrialCost, describeTrialDuration, describeTrial } from './state.ts';
import { clip, formatValue, listVaried } from './values.ts';

const rowsInSight = 10;
const columnsInSight = 5;

/** The ten best trials, and all of them to go below a fold. */
export function writeLeaderboard(search: TuningRecord, now: Date): { inSight: Block[]; folded: Block[] } {
  const ranked = rankTrials(search);
  if (ranked.length === 0) return { inSight: [], folded: [] };
  const varied = listVaried(search).map(([name]) => name);
  const board = writeTable(search, ranked.slice(0, rowsInSight), varied.slice(0, columnsInSight), now);
  const whole = ranked.length <= rowsInSight && varied.length <= columnsInSight;
  const inSight: Block[] = [{ ...board, weight: 98 }];
  if (whole) return { inSight, folded: [] };
  const summary = `All ${ranked.length} trials${varied.length > columnsInSight ? ' with all values' : ''}`;
  return { inSight, folded: [{ kind: 'details', summary, body: writeTable(search, ranked, varied, now), weight: 55 }] };
}

function writeTable(search: TuningRecord, trials: readonly Trial[], varied: readonly string[], now: Date): Table {
  const { objective, ranges } = search.asked;
  const rows = trials.map((trial): Text[] => [
    [{ code: nameTrial(trial, search) }],
    [writeObjective(trial)],
    ...varied.map((name): Text => [formatValue(trial.hyperparameters[name], ranges[name])]),
    [describeTrialDuration(trial, now)],
    [describeTrialCost(trial, search)],
    [describeTrial(trial, search)],
  ]);
  const right = varied.map(() => 'right' as const);
  return {
    kind: 'table',
    header: ['Trial', clip(objective.metric), ...varied.map((name) => clip(name)), 'Duration', 'Cost', 'State'],
    align: ['left', 'right', ...right, 'right', 'right', 'left'],
    rows,
  };
}

/** A value that is not the trial's result says so. */
function writeObjective(trial: Trial): string {
  if (trial.objective === undefined) return trial.status === 'in-progress' ? 'none yet' : 'no data';
  const final = trial.status === 'completed' && !trial.endedEarly;
  return `${formatNumber(trial.objective)}${final ? '' : ' so far'}`;
}
