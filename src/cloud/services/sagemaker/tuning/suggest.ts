import { combinationAt } from './grid.ts';
import { suggestByParzen, type Observation } from './parzen.ts';
import { drawPoint, writeValues, type Point, type Random, type Space } from './space.ts';

export type Strategy = 'Bayesian' | 'Random' | 'Hyperband' | 'Grid';

/** A point and how it was chosen, for the first lines of the trial's log. */
export interface Suggestion {
  readonly point: Point;
  readonly how: string;
}

/** Draws for a trial that is not a repeated one, by estimate and then at random: in a space of a few combinations none may be left. */
const [estimatedDraws, randomDraws] = [10, 200];

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
): Suggestion {
  if (strategy === 'Grid') return { point: combinationAt(space, trials.length), how: 'by its turn in the grid' };
  const drawn = (): Suggestion => ({ point: drawPoint(space, random), how: 'at random' });
  const estimated = (): Suggestion => {
    const point = strategy === 'Bayesian' ? suggestByParzen(space, [...parents, ...trials], random) : undefined;
    return point ? { point, how: 'by a tree-structured Parzen estimator (SageMaker: Gaussian processes)' } : drawn();
  };
  const tried = new Set(trials.map(({ point }) => keyOf(space, point)));
  let next = estimated();
  for (let n = 1; n < estimatedDraws + randomDraws && tried.has(keyOf(space, next.point)); n += 1)
    next = n < estimatedDraws ? estimated() : drawn();
  return next;
}

const keyOf = (space: Space, point: Point) => JSON.stringify(writeValues(space, point));
