import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { foldUntrusted } from '../../../src/runner/log.ts';
import { cutText, disarm, stripControl } from '../../../src/runner/safe-text.ts';

/** As the runner reads a line: `::` at its start after spaces, or `##[` anywhere. */
const isCommand = (line: string) => line.trimStart().startsWith('::') || line.includes('##[');

describe('text of others', () => {
  test.each([
    ['plain', 'plain'],
    ['a\tb', 'a\tb'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007x', 'x'],
    ['\u001b]8;;https://example.com\u001b\\link', 'link'],
    ['10%\r20%\r\n30%', '10%\n20%\n30%'],
    ['a\u0000b\u0008c\u007f\u009b', 'abc'],
    ['\u202eevil', 'evil'],
  ])('%j shows as %j', (text, shown) => {
    expect(stripControl(text)).toBe(shown);
  });

  test.each([
    '::error::x',
    '  ::set-output name=a::b',
    '##[error]x',
    'a ##[group]b',
    '\u001b[1m::add-mask::x',
    'a\n::debug::x',
    'a\r::debug::x',
    ':\u0000:stop::',
    '#\u001b[0m#[error]',
  ])('%j is no command', (text) => {
    expect(isCommand(text) || text.includes('\n') || text !== disarm(text)).toBe(true);
    expect(
      disarm(text)
        .split(/[\r\n]/)
        .filter(isCommand),
    ).toEqual([]);
  });

  test('no text becomes a command', () => {
    const piece = fc.constantFrom(
      ':',
      '::',
      '#',
      '##[',
      '[',
      '\n',
      '\r',
      ' ',
      '\t',
      '\u001b[0m',
      '\u0000',
      '\u2028',
      'a',
      'error',
    );
    expect(() =>
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), (pieces) =>
          disarm(pieces.join(''))
            .split(/[\r\n]/)
            .every((line) => !isCommand(line)),
        ),
        { numRuns: 500 },
      ),
    ).not.toThrow();
  });

  test('a cut says what is left out, and splits no character', () => {
    expect(cutText('abcdef', 6)).toBe('abcdef');
    expect(cutText('abcdefg', 4)).toBe('abcd… (3 more characters)');
    expect(cutText('abc\u{1F600}d', 4)).toBe('abc… (3 more characters)');
  });
});

describe('a group', () => {
  test('is folded, and commands are stopped inside it', () => {
    expect(foldUntrusted('job\n::error::x', ['one', '::error::two', '##[error]three'], 'token').split('\n')).toEqual([
      '::group::job :\u200b:error::x',
      '::stop-commands::token',
      'one',
      ':\u200b:error::two',
      '#\u200b#[error]three',
      '::token::',
      '::endgroup::',
    ]);
  });

  test('a line of the width of a book is cut', () => {
    expect(foldUntrusted('x', ['y'.repeat(100_000)], 't').length).toBeLessThan(9000);
  });
});
