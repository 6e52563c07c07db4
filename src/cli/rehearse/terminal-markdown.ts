import { styleText } from 'node:util';
import { lexer, type Token, type Tokens } from 'marked';
import { displayWidth, drawTable } from './terminal-table.ts';

export interface TerminalOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
}

type Style = Parameters<typeof styleText>[0];

/** A comment as its reader sees it, line by line: headings, tables, folded parts as `▸`, charts named instead of drawn. */
export function renderMarkdown(markdown: string, options: TerminalOptions): string[] {
  const lines: string[] = [];
  let depth = 0;
  const push = (block: readonly string[]) => {
    for (const line of block) lines.push(line === '' ? '' : `${'  '.repeat(depth)}${line}`);
  };
  for (const token of lexer(markdown, { gfm: true })) {
    if (token.type === 'html') {
      const { text, open, close } = readHtml(token.raw);
      if (open) push([`▸ ${text}`]);
      depth = Math.max(0, depth + open - close);
      if (!open && text) push([text]);
    } else {
      push(renderBlock(token, { ...options, columns: options.columns - 2 * depth }));
    }
  }
  return lines.filter((line, index) => line !== '' || (lines[index - 1] ?? '') !== '');
}

function renderBlock(token: Token, options: TerminalOptions): string[] {
  if (isType(token, 'heading')) return ['', paint(options, 'bold', renderInline(token.tokens, options)), ''];
  if (isType(token, 'paragraph')) return [...wrap(renderInline(token.tokens, options), options.columns), ''];
  if (isType(token, 'table')) return [...renderTable(token, options), ''];
  if (isType(token, 'code')) return [...renderCode(token, options), ''];
  if (isType(token, 'list')) return [...renderList(token, options), ''];
  if (isType(token, 'blockquote'))
    return token.tokens.flatMap((child) => renderBlock(child, options)).map((line) => `│ ${line}`.trimEnd());
  if (isType(token, 'text')) return wrap(renderInline(token.tokens ?? [token], options), options.columns);
  if (token.type === 'hr') return ['─'.repeat(Math.min(options.columns, 60))];
  return [];
}

function renderTable(token: Tokens.Table, options: TerminalOptions): string[] {
  const header = token.header.map((cell) => renderInline(cell.tokens, options));
  const rows = token.rows.map((row) => row.map((cell) => renderInline(cell.tokens, options)));
  return drawTable(header, rows, token.align, options.columns);
}

function renderCode(token: Tokens.Code, options: TerminalOptions): string[] {
  if (token.lang !== 'mermaid') return token.text.split('\n').map((line) => paint(options, 'dim', `  ${line}`));
  const title = /title:?\s+"?([^"\n]+)"?/.exec(token.text)?.[1];
  return [paint(options, 'dim', `[chart${title ? `: ${title}` : ''} – drawn by GitHub]`)];
}

function renderList(token: Tokens.List, options: TerminalOptions): string[] {
  return token.items.flatMap((item, index) => {
    const mark = token.ordered ? `${(token.start || 1) + index}.` : '•';
    const body = item.tokens.flatMap((child) => renderBlock(child, options)).filter((line) => line !== '');
    return body.map((line, at) => (at === 0 ? `${mark} ${line}` : `  ${line}`));
  });
}

function renderInline(tokens: readonly Token[], options: TerminalOptions): string {
  return tokens.map((token) => renderSpan(token, options)).join('');
}

function renderSpan(token: Token, options: TerminalOptions): string {
  if (isType(token, 'strong')) return paint(options, 'bold', renderInline(token.tokens, options));
  if (isType(token, 'em')) return paint(options, 'italic', renderInline(token.tokens, options));
  if (isType(token, 'codespan')) return paint(options, 'cyan', decode(token.text));
  if (isType(token, 'link')) {
    const text = renderInline(token.tokens, options);
    return text === token.href ? text : `${text} (${token.href})`;
  }
  if (isType(token, 'image')) return `[picture: ${token.text}]`;
  if (token.type === 'br') return '\n';
  if (token.type === 'html') return /^<br\b/i.test(token.raw) ? '\n' : readHtml(token.raw).text;
  if (isType(token, 'text') && token.tokens) return renderInline(token.tokens, options);
  return 'text' in token && typeof token.text === 'string' ? decode(token.text) : '';
}

/** Text of a piece of HTML, and how many folded parts it opens and closes. */
function readHtml(html: string): { text: string; open: number; close: number } {
  const count = (pattern: RegExp) => html.match(pattern)?.length ?? 0;
  const plain = html
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/<br\s*\/?>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '');
  return { text: decode(plain).trim(), open: count(/<details\b/gi), close: count(/<\/details>/gi) };
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decode(text: string): string {
  return text.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point > 31 && point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole;
  });
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      const fits = line === '' || displayWidth(longer) <= columns;
      if (!fits) lines.push(line);
      line = fits ? longer : word;
    }
    lines.push(line);
  }
  return lines;
}

function paint(options: TerminalOptions, style: Style, text: string): string {
  return options.colour ? styleText(style, text, { validateStream: false }) : text;
}

/** marked's tokens are a union with an open member, which TypeScript cannot narrow by itself. */
interface TokenTypes {
  heading: Tokens.Heading;
  paragraph: Tokens.Paragraph;
  table: Tokens.Table;
  code: Tokens.Code;
  list: Tokens.List;
  blockquote: Tokens.Blockquote;
  text: Tokens.Text;
  strong: Tokens.Strong;
  em: Tokens.Em;
  codespan: Tokens.Codespan;
  link: Tokens.Link;
  image: Tokens.Image;
}

function isType<K extends keyof TokenTypes>(token: Token, type: K): token is TokenTypes[K] {
  return token.type === type;
}
