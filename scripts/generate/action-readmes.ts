import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from 'markdown-table';
import { readActionFiles, root } from './action-files.ts';
import type { ActionFile } from './action-files.ts';

/** The tables of an action's inputs and outputs. */
export function writeTables(action: ActionFile): string {
  const inputs = Object.entries(action.inputs).map(([name, input]) => [code(name), escape(input.description), defaultOf(input)]);
  const outputs = Object.entries(action.outputs).map(([name, output]) => [code(name), escape(output.description)]);
  const parts = [markdownTable([['input', 'what it is', 'default'], ...inputs])];
  if (outputs.length > 0) parts.push(markdownTable([['output', 'what it is'], ...outputs]));
  return parts.join('\n\n');
}

function defaultOf(input: ActionFile['inputs'][string]): string {
  if (input.default !== undefined) return code(input.default);
  return input.required ? '**required**' : '';
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
}

/** Puts text between the markers of a page; undefined when it has none. */
export function replaceBetween(page: string, marker: string, text: string): string | undefined {
  const [start, end] = [`<!-- ${marker}:start -->`, `<!-- ${marker}:end -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) return undefined;
  return `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
}

function writeNewPage(action: ActionFile): string {
  return `# ${action.id}\n\n${action.description}\n\n<!-- inputs:start -->\n<!-- inputs:end -->\n`;
}

export async function generate(): Promise<{ path: string; text: string }[]> {
  const actions = await readActionFiles();
  const pages = await Promise.all(
    actions.map(async (action) => {
      const path = `${action.folder}README.md`;
      const present = await readFile(join(root, path), 'utf8').catch(() => undefined);
      // The root README is written by hand: without markers it is left alone.
      const page = present ?? (action.folder === '' ? '' : writeNewPage(action));
      const text = replaceBetween(page, 'inputs', writeTables(action));
      if (text === undefined && action.folder !== '')
        throw new Error(`${path} has no <!-- inputs:start --> and <!-- inputs:end -->.`);
      return text === undefined ? [] : [{ path, text }];
    }),
  );
  return pages.flat();
}
