import type { RunRecord } from '../records/record.ts';
import { findDirection, type Objective } from './metric-direction.ts';

/** What a training curve shows clearly; `values` counts the points of the curve. */
export type CurveFinding =
  | {
      readonly kind: 'overfitting';
      readonly metric: string;
      readonly trainMetric: string;
      readonly bestAt: number;
      readonly values: number;
    }
  | { readonly kind: 'plateau'; readonly metric: string; readonly from: number; readonly values: number }
  | { readonly kind: 'divergence'; readonly metric: string; readonly first: number; readonly last: number };

type Curve = RunRecord['curves'][number];

const clearlyWorse = 1.05; // of the best value: 5 % above the lowest loss
const flat = 0.01; // of the curve's whole range
const fewest = 6; // points, below which no curve is clear

/** Reads overfitting, divergence and plateau from the curves; says nothing where they are short or unclear. */
export function readCurves(curves: readonly Curve[], objective?: Objective): CurveFinding[] {
  const long = curves.filter((curve) => curve.values.length >= fewest);
  const losses = long.filter((curve) => findDirection(curve.name, objective) === 'lower');
  const bad = losses.flatMap((curve) => findDivergence(curve) ?? findOverfitting(curve, losses) ?? []);
  const plateaus = long
    .filter((curve) => isHeldOut(curve.name) && findDirection(curve.name, objective))
    .flatMap((curve) => findPlateau(curve) ?? []);
  const told = new Set(bad.map((finding) => finding.metric));
  return [...bad, ...plateaus.filter((finding) => !told.has(finding.metric)).slice(0, 1)];
}

const isHeldOut = (name: string) => /test|val|eval/i.test(name);

function findDivergence({ name, values }: Curve): CurveFinding | undefined {
  const [first = 0] = values;
  const last = values.at(-1) ?? 0;
  return first > 0 && last > 1.5 * first ? { kind: 'divergence', metric: name, first, last } : undefined;
}

/** The held-out loss rose for the last third or more of the curve while the training loss went on falling. */
function findOverfitting(held: Curve, losses: readonly Curve[]): CurveFinding | undefined {
  const train = losses.find((curve) => /train/i.test(curve.name) && curve.values.length === held.values.length);
  if (!isHeldOut(held.name) || !train) return undefined;
  const best = Math.min(...held.values);
  const bestAt = held.values.indexOf(best);
  const after = held.values.length - 1 - bestAt;
  const last = held.values.at(-1) ?? best;
  const trainFell = (train.values.at(-1) ?? 0) < (train.values[bestAt] ?? 0);
  if (best <= 0 || after < held.values.length / 3 || last < clearlyWorse * best || !trainFell) return undefined;
  return { kind: 'overfitting', metric: held.name, trainMetric: train.name, bestAt: bestAt + 1, values: held.values.length };
}

/** From where on the curve stays within 1 % of its whole range, when that is its last third or more. */
function findPlateau({ name, values }: Curve): CurveFinding | undefined {
  const range = Math.max(...values) - Math.min(...values);
  if (range === 0) return undefined;
  const last = values.at(-1) ?? 0;
  const lastMove = values.findLastIndex((value) => Math.abs(value - last) > flat * range);
  const from = lastMove + 2; // counted from 1: the first point that no longer moves
  return values.length - from + 1 >= values.length / 3
    ? { kind: 'plateau', metric: name, from, values: values.length }
    : undefined;
}
