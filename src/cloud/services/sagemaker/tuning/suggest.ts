import { combinationAt } from './grid.ts';
import { suggestByParzen, type Observation } from './parzen.ts';
import { drawPoint, writeValues, type Point, type Random, type Space } from './space.ts';

export type Strategy = 'Bayesian' | 'Random' | 'Hyperband' | 'Grid';

/** A point and how it was chosen, for the first lines of the trial's log. */
export interface Suggestion {
  readonly point: Point;
  readonly how: string;
}

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
): Suggestion {
  if (strategy === 'Grid') return { point: combinationAt(space, trials.length), how: 'by its turn in the grid' };
  const draw = (): Suggestion => {
    const estimated = strategy === 'Bayesian' ? suggestByParzen(space, [...parents, ...trials], random) : undefined;
    if (estimated) return { point: estimated, how: 'by a tree-structured Parzen estimator (SageMaker: Gaussian processes)' };
    return { point: drawPoint(space, random), how: 'at random' };
  };
  const tried = new Set(trials.map(({ point }) => keyOf(space, point)));
  let drawn = draw();
  for (let n = 1; n < drawsForNew && tried.has(keyOf(space, drawn.point)); n += 1) drawn = draw();
  return drawn;
}

const keyOf = (space: Space, point: Point) => JSON.stringify(writeValues(space, point));
