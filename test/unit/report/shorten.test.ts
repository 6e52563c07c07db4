import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { joinWithin, type Piece } from '../../../src/report/shorten.ts';

const table = (rows: number, weight: number): Piece => ({
  head: ['| a |', '| - |'],
  rows: Array.from({ length: rows }, (_, index) => `| row ${index} |`),
  foot: [],
  keep: 'first',
  weight,
});
const log = (rows: number, weight: number): Piece => ({ ...table(rows, weight), head: ['```'], foot: ['```'], keep: 'last' });
const title: Piece = { head: ['title'], rows: [], foot: [], keep: 'first' };

describe('shortening', () => {
  test('leaves alone what fits', () => {
    expect(joinWithin([title, table(2, 1)], 1000, 'cut')).toBe('title\n\n| a |\n| - |\n| row 0 |\n| row 1 |\n');
  });

  test('cuts the lightest first, a table at its end and a log at its beginning, and says so', () => {
    const text = joinWithin([title, table(3, 2), log(20, 1)], 150, 'cut');
    expect(text).toContain('| row 2 |\n\n```\n');
    expect(text).toContain('| row 19 |\n```');
    expect(text).not.toContain('| row 4 |');
    expect(text.endsWith('cut\n')).toBe(true);
  });

  test('drops a piece whole rather than leave it without rows', () => {
    expect(joinWithin([title, log(20, 1)], 20, 'cut')).toBe('title\n\ncut\n');
  });

  test('always fits when the pieces without weight do, and never cuts inside a row', () => {
    const pieces = fc.array(fc.tuple(fc.nat(40), fc.nat(5), fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 20, max: 400 }), (shapes, limit) => {
        const text = joinWithin(
          [title, ...shapes.map(([rows, weight, code]) => (code ? log(rows + 1, weight) : table(rows + 1, weight)))],
          limit,
          'cut',
        );
        expect(text.length).toBeLessThanOrEqual(limit);
        for (const line of text.split('\n')) expect(line).toMatch(/^(title|cut|```|\| a \||\| - \||\| row \d+ \||)$/);
      }),
    );
  });
});
