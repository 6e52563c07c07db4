import type { Trial, TuningRecord } from '../../records/tuning-record.ts';
import { chooseScale, findNumber, findPosition, type SearchRange } from '../../training/search/scale.ts';
import { hasFinalObjective, nameTrial, rankTrials } from '../../training/search/trials.ts';
import { chooseAxis } from '../axis.ts';
import type { Block, CategoryAxis, NumberAxis, Scatter, ScatterPoint } from '../document.ts';
import { clip, listVaried } from './values.ts';

const fewestPoints = 3;

/**
 * One chart a varied hyperparameter: what was tried, and what came of it. Nothing from fewer than three values. Each costs a
 * screen of scrolling, so in the comment the first on an axis of numbers is in sight and the others are folded.
 */
export function writeTuningCharts(search: TuningRecord): Block[] {
  const ranked = rankTrials(search).filter((trial) => trial.objective !== undefined);
  const scatters = listVaried(search).flatMap(([name, range]) => findScatter(name, range, ranked, search) ?? []);
  const first = scatters.find(({ x }) => !('categories' in x));
  const others = scatters.filter((scatter) => scatter !== first);
  return [
    ...(first ? [{ ...first, weight: 78 }] : []),
    ...others.map((body): Block => ({ kind: 'details', summary: body.title, body, weight: 75 })),
  ];
}

function findScatter(name: string, range: SearchRange, ranked: readonly Trial[], search: TuningRecord): Scatter | undefined {
  const x = toAxis(clip(name), range);
  const points = ranked.flatMap((trial) => findPoint(trial, range, trial.hyperparameters[name], x, search) ?? []);
  const { metric, goal } = search.asked.objective;
  const y = chooseAxis(
    clip(metric),
    points.map((point) => point.y),
  );
  if (points.length < fewestPoints || !Number.isFinite(y.max - y.min) || y.max <= y.min) return undefined;
  return { kind: 'scatter', title: `${y.name} against ${x.name}`, x, y, goal, points };
}

function toAxis(name: string, range: SearchRange): NumberAxis | CategoryAxis {
  if (range.kind === 'categorical') return { name, categories: range.values.map((value) => clip(value)) };
  return { name, scale: chooseScale(range), min: range.min, max: range.max };
}

function findPoint(
  trial: Trial,
  range: SearchRange,
  text: string | undefined,
  axis: NumberAxis | CategoryAxis,
  search: TuningRecord,
): ScatterPoint | undefined {
  const x = range.kind === 'categorical' ? range.values.indexOf(text ?? '') : findNumber(text);
  if (x === undefined || trial.objective === undefined || !isOn(axis, x)) return undefined;
  const mark = trial.name === search.best?.name ? 'best' : hasFinalObjective(trial) ? 'plain' : 'open';
  return { name: nameTrial(trial, search).slice(0, 20), x, y: trial.objective, mark };
}

function isOn(axis: NumberAxis | CategoryAxis, x: number): boolean {
  if ('categories' in axis) return x >= 0;
  const position = findPosition(x, axis, axis.scale);
  return position !== undefined && position >= -1e-6 && position <= 1 + 1e-6;
}
