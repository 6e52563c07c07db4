import type { Point, Space } from './space.ts';

/** How many combinations a grid of categorical values has. */
export function countCombinations(space: Space): number {
  return space.reduce((product, range) => product * (range.kind === 'categorical' ? range.values.length : Infinity), 1);
}

/** The n-th combination from 0, the last range turning fastest. */
export function combinationAt(space: Space, n: number): Point {
  let rest = n;
  return space
    .toReversed()
    .map((range) => {
      const size = range.kind === 'categorical' ? range.values.length : 1;
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    })
    .toReversed();
}
