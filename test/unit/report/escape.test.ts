import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { marked, type Token } from 'marked';
import type { Block, Text } from '../../../src/report/document.ts';
import { findSafeLink, toOneLine } from '../../../src/report/escape.ts';
import { toHtml } from '../../../src/report/html.ts';
import { toMarkdownPieces } from '../../../src/report/markdown.ts';
import { joinWithin } from '../../../src/report/shorten.ts';

const toMarkdown = (blocks: readonly Block[]) => joinWithin(toMarkdownPieces(blocks), 1e6, 'note');

/** Characters that mean something to Markdown, HTML or GitHub, often enough to meet. */
const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('\\`|*_[]<>~&$#@!()-+=:1. \n\r\tab/"\'')), maxLength: 30 }),
  fc.constantFrom(
    '@octocat',
    '#12',
    'GH-12',
    'a|b',
    '\\|',
    '``',
    '<script>',
    '</details>',
    '<!-- -->',
    'https://evil.example/x',
    'www.evil.example',
    '![x](y)',
    '1. a',
    '- a',
    '\u202Eabc',
    'me@evil.example',
  ),
);

function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens
        ? textOf(token.tokens)
        : token.type === 'escape' || token.type === 'text' || token.type === 'codespan'
          ? token.text
          : '',
    )
    .join('');
}

function kindsOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => [token.type, ...('tokens' in token && token.tokens ? kindsOf(token.tokens) : [])]);
}

const visible = (text: string) => text.replaceAll('\u200B', '').replaceAll(/\s+/g, ' ').trim();
const unescapeEntities = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

describe('text in Markdown', () => {
  test('of any kind reads as it was written and is nothing but text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tokens = marked.lexer(toMarkdown([{ kind: 'paragraph', text: [`x ${text}`] }]));
        expect(new Set(kindsOf(tokens))).toEqual(
          new Set(kindsOf(tokens).filter((kind) => ['paragraph', 'text', 'escape', 'space'].includes(kind))),
        );
        expect(visible(textOf(tokens))).toBe(visible(toOneLine(`x ${text}`)));
      }),
      { numRuns: 500 },
    );
  });

  test('at the start of a paragraph or an item begins no other block', () => {
    expect(marked.lexer(toMarkdown([{ kind: 'paragraph', text: ['\r \r \r x'] }]))[0]?.type).toBe('paragraph');
    fc.assert(
      fc.property(hostile, (text) => {
        const [first] = marked.lexer(toMarkdown([{ kind: 'paragraph', text: [`${text}x`] }]));
        expect(first?.type).toBe('paragraph');
        const [list] = marked.lexer(toMarkdown([{ kind: 'list', items: [[`${text}x`]] }]));
        expect(list?.type === 'list' && list['items'][0].tokens.map((token: Token) => token.type)).toEqual(['text']);
      }),
      { numRuns: 500 },
    );
  });

  test('stays in its cell of a table', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (text, strong, code) => {
        const row: Text[] = [[text], [{ strong: `${strong}x` }], [{ code }], ['last']];
        const [table] = marked.lexer(toMarkdown([{ kind: 'table', header: ['a', 'b', 'c', text], rows: [row, row] }]));
        if (table?.type !== 'table') throw new Error(`a ${table?.type} instead of a table`);
        expect(table['rows'].map((cells: { text: string }[]) => [cells.length, cells[3]?.text])).toEqual([
          [4, 'last'],
          [4, 'last'],
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test.each(['@octocat', 'see #12', 'GH-12', 'https://evil.example', 'www.evil.example', 'a@b.example'])(
    '%s is no link on GitHub',
    (text) => {
      expect(toMarkdown([{ kind: 'paragraph', text: [text] }])).not.toMatch(/@[a-z]|#\d|GH-\d|:\/\/|www\.[a-z]/);
    },
  );

  test('of a log ends no fence and no fold', () => {
    const lines = ['```', '````', '</details>', '~~~', 'plain'];
    const tokens = marked.lexer(toMarkdown([{ kind: 'details', summary: '</summary><b>', body: { kind: 'code', lines } }]));
    expect(tokens.find((token) => token.type === 'code')).toMatchObject({ text: lines.join('\n') });
    expect(tokens.filter((token) => token.type === 'html').map((token) => token.raw.trim())).toEqual([
      '<details>\n<summary>&#60;/summary&#62;&#60;b&#62;</summary>',
      '</details>',
    ]);
  });

  test('of a code span survives backticks, pipes and backslashes', () => {
    for (const code of ['a`b', 'a|b', 'a\\|b', '` `', '\\', '@me|x']) {
      const markdown = toMarkdown([{ kind: 'paragraph', text: [{ code }] }]).trim();
      expect(unescapeEntities(markdown.replaceAll('\u200B', ''))).toBe(`<code>${code}</code>`);
    }
  });
});

describe('text in HTML', () => {
  test('opens no element and no attribute', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const html = toHtml(text, [
          { kind: 'heading', text },
          { kind: 'paragraph', text: [text, { code: text }, { strong: text }] },
          { kind: 'details', summary: text, body: { kind: 'code', lines: [text] } },
          { kind: 'table', header: [text], rows: [[[text]]] },
        ]);
        const known =
          /^<\/?(!doctype|html|head|meta|title|style|body|h1|p|code|strong|details|summary|pre|div|table|thead|tbody|tr|th|td)\b[^<]*>$/;
        for (const tag of html.replace(/<style>[^]*<\/style>/, '').match(/<[^>]*>/g) ?? []) expect(tag).toMatch(known);
      }),
    );
  });
});

describe('links', () => {
  const server = 'https://github.com';
  test.each([
    'https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1#/jobs/a-b',
    'https://github.com/octo/models/actions/runs/1',
  ])('%s is linked', (href) => expect(findSafeLink(href, server)).toBe(href));

  test.each([
    'javascript:alert(1)',
    'https://evil.example/',
    'http://us-east-1.console.aws.amazon.com/',
    'https://aws.amazon.com.evil.example/',
    'no url',
  ])('%s is not', (href) => expect(findSafeLink(href, server)).toBeUndefined());

  test('cannot end early', () => {
    expect(findSafeLink('https://github.com/a)[x](https://evil.example|b', server)).not.toMatch(/[()[\]|]/);
  });
});
