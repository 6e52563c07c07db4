import type { TuningRecord } from '../../records/tuning-record.ts';
import type { Block } from '../document.ts';
import type { ReportInput } from '../input.ts';
import { writeFailureLog } from '../failure-log.ts';
import { describeTrialCosts } from './cost.ts';
import { writeTuningCharts } from './charts.ts';
import { writeTuningDetails } from './details.ts';
import { writeLeaderboard } from './leaderboard.ts';
import { chooseSearches } from './told.ts';

/** The search in tables and charts: what is in sight, and what is folded. Its verdict and its advice stand with those of the runs. */
export function writeTuning(input: ReportInput): { inSight: Block[]; folded: Block[] } {
  const told = chooseSearches(input);
  if (!told.main) return { inSight: [], folded: [] };
  const search = withTrials(told.main, input);
  const title = search === told.main ? 'Tuning' : `Tuning: the trials of ${search.name}, whose result is reused`;
  const board = writeLeaderboard(search, input.now);
  const body = [
    ...board.inSight,
    ...writeCosts(search),
    ...writeFailureLog(told.main, 'the tuning job'),
    ...writeTuningCharts(search),
  ];
  const heading: Block[] = [{ kind: 'paragraph', text: [{ strong: title }] }];
  return {
    inSight: body.length > 0 ? [...heading, ...body] : [],
    folded: [...board.folded, ...writeTuningDetails(search, told, input.context.serverUrl)],
  };
}

/** A search that reuses another shows that one's trials, when its record is at hand and its own has none. */
export function withTrials(search: TuningRecord, { tuning = [], reusedTuning = [] }: ReportInput): TuningRecord {
  const { state } = search;
  if (state.status !== 'reused' || search.trials.length > 0) return search;
  return (
    [...tuning, ...reusedTuning].find(({ name, state: other }) => name === state.name && other.status !== 'reused') ?? search
  );
}

function writeCosts(search: TuningRecord): Block[] {
  const words = describeTrialCosts(search);
  return words === undefined ? [] : [{ kind: 'paragraph', text: [words], weight: 97 }];
}
