import { combinationAt } from './grid.ts';
import { suggestByParzen, type Observation } from './parzen.ts';
import { drawPoint, writeValues, type Point, type Random, type Space } from './space.ts';

export type Strategy = 'Bayesian' | 'Random' | 'Hyperband' | 'Grid';

/** How a strategy chooses, for the first lines of a trial's log. */
export const howChosen: Readonly<Record<Strategy, string>> = {
  Bayesian: 'by a tree-structured Parzen estimator (SageMaker: Gaussian processes)',
  Random: 'at random',
  Hyperband: 'at random; the trials that fall behind at a rung are ended (asynchronous successive halving)',
  Grid: 'by their turn in the grid',
};

/** Draws that may repeat a trial before one is repeated: in a space of a few combinations none may be left. */
const drawsForNew = 50;

/**
 * The point of the next trial.
 * @param trials those of this search so far
 * @param parents results of searches this one starts from; only Bayesian learns from them
 */
export function suggest(
  strategy: Strategy,
  space: Space,
  { trials, parents }: { readonly trials: readonly Observation[]; readonly parents: readonly Observation[] },
  random: Random,
): Point {
  if (strategy === 'Grid') return combinationAt(space, trials.length);
  const draw = () =>
    strategy === 'Bayesian' ? suggestByParzen(space, [...parents, ...trials], random) : drawPoint(space, random);
  const tried = new Set(trials.map(({ point }) => keyOf(space, point)));
  let point = draw();
  for (let n = 1; n < drawsForNew && tried.has(keyOf(space, point)); n += 1) point = draw();
  return point;
}

const keyOf = (space: Space, point: Point) => JSON.stringify(writeValues(space, point));
