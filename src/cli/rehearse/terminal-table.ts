import { stripVTControlCharacters } from 'node:util';

type Align = 'left' | 'right' | 'center' | null;

/** Columns a text takes: without colours; East Asian wide characters and emoji take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(stripVTControlCharacters(text))) width += isWide.test(segment) ? 2 : 1;
  return width;
}
const isWide =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;

/** A table with aligned columns, or, where it is wider than the terminal, one block of `heading: value` lines a row. */
export function drawTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  columns: number,
): string[] {
  const flat = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('\n', ' ')));
  const widths = header.map((_, index) => Math.max(...flat.map((row) => displayWidth(row[index] ?? ''))));
  const total = widths.reduce((sum, width) => sum + width + 3, 1);
  if (total > columns) return drawBlocks(header, flat.slice(1));
  const border = (left: string, middle: string, right: string) =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}`;
  const line = (row: readonly string[]) =>
    `│${widths.map((width, index) => ` ${pad(row[index] ?? '', width, align[index] ?? null)} `).join('│')}│`;
  const [first = [], ...others] = flat;
  return [border('┌', '┬', '┐'), line(first), border('├', '┼', '┤'), ...others.map(line), border('└', '┴', '┘')];
}

function drawBlocks(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...header.map(displayWidth));
  return rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...row.flatMap((cell, at) => (cell.trim() === '' ? [] : [`${pad(header[at] ?? '', width, 'left')}  ${cell}`])),
  ]);
}

function pad(text: string, width: number, align: Align): string {
  const space = Math.max(0, width - displayWidth(text));
  if (align === 'right') return `${' '.repeat(space)}${text}`;
  if (align !== 'center') return `${text}${' '.repeat(space)}`;
  const left = Math.floor(space / 2);
  return `${' '.repeat(left)}${text}${' '.repeat(space - left)}`;
}
