/** The known name a writer most likely meant, by edit distance; undefined when nothing is close. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.slice(0, 100).toLowerCase().replaceAll('_', '-');
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const close = known
    .map((candidate) => ({ candidate, edits: countEdits(wanted, candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= allowed);
  // Equally far: the one that begins the same way, then the one of the same length.
  close.sort(
    (a, b) =>
      a.edits - b.edits ||
      countCommonStart(wanted, b.candidate) - countCommonStart(wanted, a.candidate) ||
      Math.abs(a.candidate.length - wanted.length) - Math.abs(b.candidate.length - wanted.length),
  );
  return close[0]?.candidate;
}

function countCommonStart(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count += 1;
  return count;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function countEdits(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits = Math.min(edits, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
