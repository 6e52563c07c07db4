import type { RunRecord } from '../records/record.ts';
import { findDirection, type Objective } from './metric-direction.ts';

/** What a training curve shows clearly; `values` counts the points of the curve, positions count from 1. */
export type CurveFinding = { readonly metric: string; readonly values: number } & (
  | {
      readonly kind: 'overfitting';
      readonly trainMetric: string;
      readonly bestAt: number;
      readonly best: number;
      readonly last: number;
      readonly trainLast: number;
    }
  | { readonly kind: 'overtraining'; readonly bestAt: number; readonly best: number; readonly last: number }
  /** `lowest`: of the last third. */
  | { readonly kind: 'no-learning'; readonly first: number; readonly lowest: number }
  | { readonly kind: 'plateau'; readonly from: number; readonly last: number }
  | { readonly kind: 'divergence'; readonly first: number; readonly last: number }
);

type Curve = RunRecord['curves'][number];
type Direction = NonNullable<ReturnType<typeof findDirection>>;

const clearlyWorse = 0.05; // of the best loss: 5 % above the lowest
const clearlyLost = 0.1; // of all that a score had gained since its start
const clearlyLower = 0.05; // of the first loss
const flat = 0.01; // of the curve's whole range
const fewest = 6; // points, below which no curve is clear

/**
 * Reads divergence, overfitting, overtraining, a model that did not learn, and plateau from the curves, at most one of them a
 * metric; says nothing where they are short or unclear.
 */
export function readCurves(curves: readonly Curve[], objective?: Objective): CurveFinding[] {
  const long = curves.filter((curve) => curve.values.length >= fewest);
  const directed = long.flatMap((curve) => {
    const direction = findDirection(curve.name, objective);
    return direction ? [{ curve, direction }] : [];
  });
  const losses = directed.filter(({ direction }) => direction === 'lower').map(({ curve }) => curve);
  const losing = losses.flatMap((curve) => findDivergence(curve) ?? findOverfitting(curve, losses) ?? []);
  const overtrained = directed.flatMap(({ curve, direction }) => findOvertraining(curve, direction) ?? []);
  const stuck = directed.some(({ curve, direction }) => hasImproved(curve, direction))
    ? []
    : losses.flatMap((curve) => findNoLearning(curve) ?? []);
  const plateaus = directed.filter(({ curve }) => isHeldOut(curve.name)).flatMap(({ curve }) => findPlateau(curve) ?? []);
  const bad = [...losing, ...firstUnlessTold(overtrained, losing), ...firstUnlessTold(stuck, losing)];
  return [...bad, ...firstUnlessTold(plateaus, bad)];
}

/** One finding of a kind is enough, and none for a metric of which something else was said. */
function firstUnlessTold(findings: readonly CurveFinding[], told: readonly CurveFinding[]): CurveFinding[] {
  const names = new Set(told.map(({ metric }) => metric));
  return findings.filter(({ metric }) => !names.has(metric)).slice(0, 1);
}

const isHeldOut = (name: string) => /test|val|eval/i.test(name);

function findDivergence({ name, values }: Curve): CurveFinding | undefined {
  const [first = 0] = values;
  const last = values.at(-1) ?? 0;
  return first > 0 && last > 1.5 * first ? { kind: 'divergence', metric: name, first, last, values: values.length } : undefined;
}

/** The held-out loss rose for the last third or more of the curve while the training loss went on falling. */
function findOverfitting(held: Curve, losses: readonly Curve[]): CurveFinding | undefined {
  const train = losses.find((curve) => /train/i.test(curve.name) && curve.values.length === held.values.length);
  if (!isHeldOut(held.name) || !train) return undefined;
  const best = Math.min(...held.values);
  const bestAt = held.values.indexOf(best);
  const after = held.values.length - 1 - bestAt;
  const last = held.values.at(-1) ?? best;
  const trainLast = train.values.at(-1) ?? 0;
  const trainFell = trainLast < (train.values[bestAt] ?? 0);
  if (best <= 0 || after < held.values.length / 3 || last < (1 + clearlyWorse) * best || !trainFell) return undefined;
  return {
    kind: 'overfitting',
    metric: held.name,
    trainMetric: train.name,
    bestAt: bestAt + 1,
    values: held.values.length,
    best,
    last,
    trainLast,
  };
}

/** A held-out metric was clearly better before than at any time in its last third, whatever became of the training loss. */
function findOvertraining({ name, values }: Curve, direction: Direction): CurveFinding | undefined {
  const [first = 0] = values;
  const end = lastThird(values);
  const best = direction === 'lower' ? Math.min(...values) : Math.max(...values);
  const bestAt = values.indexOf(best);
  const clear =
    direction === 'lower'
      ? best > 0 && Math.min(...end) >= (1 + clearlyWorse) * best
      : best > first && Math.max(...end) <= best - clearlyLost * (best - first);
  // Best at the very start is a model that did not learn, which is another finding.
  if (!isHeldOut(name) || !clear || bestAt === 0) return undefined;
  return { kind: 'overtraining', metric: name, bestAt: bestAt + 1, values: values.length, best, last: values.at(-1) ?? best };
}

/** The loss is nowhere in its last third clearly below its first value. */
function findNoLearning({ name, values }: Curve): CurveFinding | undefined {
  const [first = 0] = values;
  const lowest = Math.min(...lastThird(values));
  if (first <= 0 || lowest < (1 - clearlyLower) * first) return undefined;
  return { kind: 'no-learning', metric: name, first, lowest, values: values.length };
}

/** Whether a metric left its first value for a clearly better one at any time: then something was learned. */
function hasImproved({ values }: Curve, direction: Direction): boolean {
  const [first = 0] = values;
  if (direction === 'lower') return Math.min(...values) < (first > 0 ? (1 - clearlyLower) * first : first);
  return Math.max(...values) > first + clearlyLower * Math.abs(first);
}

function lastThird(values: readonly number[]): readonly number[] {
  return values.slice(-Math.ceil(values.length / 3));
}

/** From where on the curve stays within 1 % of its whole range, when that is its last third or more. */
function findPlateau({ name, values }: Curve): CurveFinding | undefined {
  const range = Math.max(...values) - Math.min(...values);
  if (range === 0) return undefined;
  const last = values.at(-1) ?? 0;
  const lastMove = values.findLastIndex((value) => Math.abs(value - last) > flat * range);
  const from = lastMove + 2; // counted from 1: the first point that no longer moves
  return values.length - from + 1 >= values.length / 3
    ? { kind: 'plateau', metric: name, from, values: values.length, last }
    : undefined;
}
