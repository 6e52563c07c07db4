import { markdownTable } from 'markdown-table';
import type { Block, Body, Chart, Code, Inline, List, Scatter, Table, Text } from './document.ts';
import { escapeHtmlInMarkdown, escapeLineStart, escapeMarkdown, fenceFor, inlineCode } from './escape.ts';
import { toMermaid } from './mermaid-chart.ts';
import { toMermaidScatter } from './mermaid-scatter.ts';
import { groupByCategory } from './scatter-groups.ts';
import type { Piece } from './shorten.ts';

/** Records may come from anybody who may write to a pull request's prefix; no text of theirs may push the rest out of the comment. */
const longestText = 1000;
const clip = (text: string) => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

function toInline(part: Inline): string {
  if (typeof part === 'string') return escapeMarkdown(clip(part));
  if ('strong' in part) return `**${escapeMarkdown(clip(part.strong))}**`;
  if ('code' in part) return inlineCode(clip(part.code));
  if ('link' in part) return `[${escapeMarkdown(clip(part.link))}](${part.href})`;
  return '<br>';
}

function toMarkdownText(text: Text): string {
  return text.map(toInline).join('');
}

function toTable(table: Table): Piece {
  const align = table.align?.map((side) => (side === 'right' ? 'r' : 'l'));
  const rows = [table.header.map((text) => escapeMarkdown(clip(text))), ...table.rows.map((row) => row.map(toMarkdownText))];
  const lines = markdownTable(rows, { ...(align && { align: [...align] }), alignDelimiters: false }).split('\n');
  return { head: lines.slice(0, 2), rows: lines.slice(2), foot: [], keep: 'first' };
}

function toCode({ lines }: Code): Piece {
  const fence = fenceFor(lines);
  return { head: [`${fence}text`], rows: lines, foot: [fence], keep: 'last' };
}

function toList({ items }: List): Piece {
  return { head: [], rows: items.map((item) => `- ${escapeLineStart(toMarkdownText(item))}`), foot: [], keep: 'first' };
}

function toChart(chart: Chart): Piece {
  return { head: ['```mermaid', ...toMermaid(chart).split('\n'), '```'], rows: [], foot: [], keep: 'first' };
}

/** Mermaid has no axis of categories that several points may share; their best and middle are told in a table instead. */
function toScatter(scatter: Scatter): Piece {
  const { x, y } = scatter;
  if ('categories' in x) return toTable(groupByCategory({ ...scatter, x }));
  return {
    head: ['```mermaid', ...toMermaidScatter({ ...scatter, x, y }).split('\n'), '```'],
    rows: [],
    foot: [],
    keep: 'first',
  };
}

function toBody(body: Body): Piece {
  switch (body.kind) {
    case 'table':
      return toTable(body);
    case 'code':
      return toCode(body);
    case 'list':
      return toList(body);
    case 'chart':
      return toChart(body);
    case 'scatter':
      return toScatter(body);
    default:
      return body satisfies never;
  }
}

function toDetails(summary: string, body: Body, open = false): Piece {
  const inner = toBody(body);
  return {
    ...inner,
    head: [open ? '<details open>' : '<details>', `<summary>${escapeHtmlInMarkdown(clip(summary))}</summary>`, '', ...inner.head],
    foot: [...inner.foot, '', '</details>'],
  };
}

function toPiece(block: Block): Piece {
  if (block.kind === 'heading') return { head: [`### ${escapeMarkdown(clip(block.text))}`], rows: [], foot: [], keep: 'first' };
  if (block.kind === 'paragraph')
    return { head: [escapeLineStart(toMarkdownText(block.text))], rows: [], foot: [], keep: 'first' };
  return block.kind === 'details' ? toDetails(block.summary, block.body, block.open) : toBody(block);
}

/** The report's blocks as pieces of GitHub-flavoured Markdown that can be cut between rows. */
export function toMarkdownPieces(blocks: readonly Block[]): Piece[] {
  return blocks.map((block) => ({ ...toPiece(block), ...(block.weight !== undefined && { weight: block.weight }) }));
}
