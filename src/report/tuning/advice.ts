import type { Trial, TuningRecord } from '../../records/tuning-record.ts';
import { readCurves } from '../../training/curves.ts';
import { type Edge, findEdges } from '../../training/search/edges.ts';
import { findTendencies, type Tendency } from '../../training/search/tendency.ts';
import { nameTrial, rankTrials } from '../../training/search/trials.ts';
import type { Text } from '../document.ts';
import { writeFinding } from '../finding.ts';
import { formatNumber } from '../format.ts';
import { clip } from './values.ts';

const mostTrials = 3;
const mostAdvice = 8;

/** What the values and curves of a search suggest; nothing where they are few or unclear. */
export function writeTuningAdvice(search: TuningRecord): Text[] {
  const edges = findEdges(search);
  const told = new Set(edges.map(({ name }) => name));
  // The edge says the same with a remedy.
  const tendencies = findTendencies(search).filter(({ name }) => !told.has(name));
  return [
    ...edges.map((edge): Text => [{ strong: clip(edge.name) }, `: ${writeEdge(edge)}`]),
    ...tendencies.map((tendency): Text => [{ strong: clip(tendency.name) }, `: ${writeTendency(tendency, search)}`]),
    ...rankTrials(search)
      .filter((trial) => trial.curves.length > 0)
      .slice(0, mostTrials)
      .flatMap((trial) => writeHealth(trial, search)),
  ].slice(0, mostAdvice);
}

function writeEdge({ value, end, range, name }: Edge): string {
  const [limit, key, beyond] = end === 'lower' ? [range.min, 'min', 'smaller'] : [range.max, 'max', 'larger'];
  const where =
    value === limit ? `is the ${end} end of the range` : `is within 5 % of ${formatNumber(limit)}, the ${end} end of the range`;
  return `the best value, ${formatNumber(value)}, ${where}, so a better one may lie beyond it. Where ${beyond} values make sense, widen tune.ranges.${clip(name)}.${key} and tune again.`;
}

function writeTendency({ larger, correlation, trials }: Tendency, { asked }: TuningRecord): string {
  const sign = correlation < 0 ? '−' : '';
  return `over ${trials} trials, larger values went with ${larger} ${clip(asked.objective.metric)} (rank correlation ${sign}${Math.abs(correlation).toFixed(2)}).`;
}

function writeHealth(trial: Trial, search: TuningRecord): Text[] {
  const name = { code: nameTrial(trial, search) };
  const which = trial.name === search.best?.name ? 'best trial ' : 'trial ';
  return readCurves(trial.curves, search.asked.objective).map((finding): Text => [which, name, `: ${writeFinding(finding)}`]);
}
