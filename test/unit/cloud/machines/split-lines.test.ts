import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createLineSplitter } from '../../../../src/cloud/machines/split-lines.ts';

function split(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((more) => lines.push(...more));
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return lines;
}

describe('lines of a log', () => {
  test.each([
    ['the last line needs no end', 'a\nb', ['a', 'b']],
    ['empty lines are lines', 'a\n\nb\n', ['a', '', 'b']],
    ['Windows line ends', 'a\r\nb\r\n', ['a', 'b']],
    ['a progress bar is one line', '1%\r2%\r3%\n', ['1%\r2%\r3%']],
    ['nothing', '', []],
  ])('%s', (_, text, lines) => expect(split([Buffer.from(text)])).toEqual(lines));

  test('a line without end is cut, and nothing of it is lost', () => {
    const lines = split([Buffer.from('x'.repeat(40_000))]);
    expect(lines.map((line) => line.length)).toEqual([16_384, 16_384, 7232]);
  });

  test('wherever the bytes are cut, the lines are the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/[\r\n]/.test(line))),
        fc.array(fc.nat(200)),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
          const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
          expect(split(chunks)).toEqual(lines);
        },
      ),
    );
  });
});
