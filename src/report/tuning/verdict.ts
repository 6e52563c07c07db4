import type { TuningRecord } from '../../records/tuning-record.ts';
import { hasFinalObjective, nameTrial, rankTrials } from '../../training/search/trials.ts';
import type { Inline, Text } from '../document.ts';
import { formatNumber, joinWords } from '../format.ts';
import { describeSearchCost } from './cost.ts';
import { describeSearchState } from './state.ts';
import { clip, describeValues } from './values.ts';

const longestState = 600;

/** The search in one line: what it found, over how many trials, for how much, and how it ended when not as it should. */
export function writeTuningVerdict(search: TuningRecord): Text {
  const ended =
    search.state.status === 'completed' ? [] : [` It ${clip(describeSearchState(search), longestState).replace(/\.$/, '')}.`];
  return [{ strong: 'Tuning:' }, ' ', ...writeBest(search), ...writeTrials(search), '.', ...ended, ...writeDoubt(search)];
}

function writeBest(search: TuningRecord): Inline[] {
  const { best, asked } = search;
  const metric = clip(asked.objective.metric);
  if (!best) return [`no trial completed with a ${metric}`];
  const value = best.objective === undefined ? `best ${metric} is not known` : `best ${metric} ${formatNumber(best.objective)}`;
  return [
    { strong: value },
    ` with ${describeValues(best.hyperparameters, search)} (trial `,
    { code: nameTrial(best, search) },
    ')',
  ];
}

function writeTrials(search: TuningRecord): string[] {
  const { trials, asked, state } = search;
  if (trials.length === 0) return [];
  const special = [
    ...count(trials.filter(({ status, endedEarly }) => status === 'failed' && !endedEarly).length, 'failed'),
    ...count(trials.filter(({ endedEarly }) => endedEarly).length, 'stopped early by the search'),
    ...count(trials.filter(({ status, endedEarly }) => status === 'stopped' && !endedEarly).length, 'stopped'),
    ...count(trials.filter(({ status }) => status === 'in-progress').length, 'not seen to end'),
    ...count(trials.filter((trial) => trial.status === 'completed' && trial.objective === undefined).length, 'without a value'),
  ];
  const all = `${trials.length}${trials.length < asked.maxJobs ? ` of at most ${asked.maxJobs}` : ''} trial${trials.length === 1 && asked.maxJobs === 1 ? '' : 's'}`;
  const cost = state.status === 'reused' ? '' : `, ${describeSearchCost(search)}`;
  return [` after ${all}${special.length > 0 ? ` (${joinWords(special)})` : ''}${cost}`];
}

function count(number: number, words: string): string[] {
  return number === 0 ? [] : [`${number} ${words}`];
}

/** The service names the best trial; when the values say another, the reader is told. */
function writeDoubt(search: TuningRecord): string[] {
  const first = rankTrials(search).find(hasFinalObjective);
  const { best } = search;
  if (!first || !best || first.name === best.name || first.objective === best.objective) return [];
  return [
    ` By the values below, trial ${nameTrial(first, search)} has a better one (${formatNumber(first.objective)}) than the one the service names.`,
  ];
}
