/** Deepest lists that are looked into; nothing that serves a model nests deeper. */
const maxDepth = 16;

/** Sizes of nested lists from the outside in, `[1, 10]` for one list of ten; `ragged` when lists of one level differ in size. */
export type Shape =
  | { readonly kind: 'regular'; readonly sizes: readonly number[] }
  | { readonly kind: 'ragged'; readonly why: string };

/** Shape of a parsed answer; a value that is no list has the shape `[]`. The answer is hostile: depth is bounded, nothing is called. */
export function measureShape(value: unknown): Shape {
  const sizes: number[] = [];
  let level: unknown[] = [value];
  while (level.some((item) => Array.isArray(item))) {
    if (sizes.length === maxDepth) return { kind: 'ragged', why: `it nests lists deeper than ${maxDepth} levels` };
    const lists: unknown[][] = [];
    for (const item of level) {
      if (!Array.isArray(item)) return { kind: 'ragged', why: `level ${sizes.length} holds lists beside other values` };
      lists.push(item);
    }
    const size = lists[0]?.length ?? 0;
    const other = lists.find((list) => list.length !== size);
    if (other) return { kind: 'ragged', why: `level ${sizes.length} has lists of ${size} and of ${other.length}` };
    sizes.push(size);
    level = lists.flat(1);
  }
  return { kind: 'regular', sizes };
}

/** The one list of numbers in an answer such as `[[0.1, 0.9]]` or `[0.1, 0.9]`; undefined when there are several, none, or other values in it. */
export function findNumbers(value: unknown): readonly number[] | undefined {
  let list = value;
  for (let depth = 0; depth < maxDepth && Array.isArray(list) && list.length === 1 && Array.isArray(list[0]); depth += 1)
    list = list[0];
  return Array.isArray(list) && list.length > 0 && list.every((item): item is number => typeof item === 'number')
    ? list
    : undefined;
}

/** Index of the largest number, the first of several equal ones. */
export function findArgMax(numbers: readonly number[]): number {
  return numbers.reduce((best, number, index) => (number > (numbers[best] ?? Number.NEGATIVE_INFINITY) ? index : best), 0);
}
