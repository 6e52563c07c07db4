/** Part of a Markdown text: it may lose rows from one end, or all of itself, but is never cut inside a row. */
export interface Piece {
  readonly head: readonly string[];
  readonly rows: readonly string[];
  readonly foot: readonly string[];
  /** Which rows stay when some must go: the last ones of a log, the first ones of a table. */
  readonly keep: 'first' | 'last';
  /** Low weights are shortened first; without a weight a piece stays as it is. */
  readonly weight?: number;
}

const join = (piece: Piece) => [...piece.head, ...piece.rows, ...piece.foot].join('\n');
const joinAll = (pieces: readonly Piece[]) =>
  `${pieces
    .filter((piece) => piece.head.length + piece.rows.length > 0)
    .map(join)
    .join('\n\n')}\n`;

/**
 * Joins the pieces, within `limit` UTF-16 code units: never fewer than the characters GitHub counts. Says at the end, with
 * `note`, when something was left out.
 */
export function joinWithin(pieces: readonly Piece[], limit: number, note: string): string {
  const whole = joinAll(pieces);
  if (whole.length <= limit) return whole;
  const noted = [...pieces, { head: [note], rows: [], foot: [], keep: 'first' } satisfies Piece];
  const order = noted
    .flatMap((piece, index) => (piece.weight === undefined ? [] : [{ index, weight: piece.weight }]))
    .sort((a, b) => a.weight - b.weight);
  for (const { index } of order) {
    const excess = joinAll(noted).length - limit;
    if (excess <= 0) break;
    const piece = noted[index];
    if (piece) noted[index] = shrink(piece, excess);
  }
  return joinAll(noted);
}

const nothing: Piece = { head: [], rows: [], foot: [], keep: 'first' };

/** Drops as few rows as free `excess` characters; the whole piece when no row would be left. */
function shrink(piece: Piece, excess: number): Piece {
  const rows = piece.keep === 'last' ? piece.rows.toReversed() : [...piece.rows];
  let freed = 0;
  while (rows.length > 0 && freed < excess) freed += (rows.pop()?.length ?? 0) + 1;
  if (rows.length === 0) return nothing;
  return { ...piece, rows: piece.keep === 'last' ? rows.toReversed() : rows };
}
