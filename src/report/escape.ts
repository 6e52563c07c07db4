const zeroWidthSpace = '\u200B';

/** One line without control characters and without those that reorder the text around them. */
export function toOneLine(text: string): string {
  return (
    text
      .replaceAll(/[\r\n\t\u2028\u2029]+/g, ' ')
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/g, '')
  );
}

/**
 * GitHub links mentions, issues, URLs and addresses after Markdown is rendered, so no Markdown escape stops it; a zero-width
 * space inside does.
 */
function breakAutolinks(text: string): string {
  return text
    .replaceAll('@', `@${zeroWidthSpace}`)
    .replaceAll(/#(?=\d)/g, `#${zeroWidthSpace}`)
    .replaceAll(/\bGH-(?=\d)/gi, (match) => `${match}${zeroWidthSpace}`)
    .replaceAll('://', `:${zeroWidthSpace}//`)
    .replaceAll(/\bwww\./gi, (match) => `${match}${zeroWidthSpace}`);
}

/** Text as Markdown shows it verbatim, in a paragraph or a table cell; `$` too, which GitHub reads as mathematics. */
export function escapeMarkdown(text: string): string {
  return breakAutolinks(toOneLine(text)).replaceAll(/[\\`*_[\]<>|~&$]/g, (character) => `\\${character}`);
}

/** Escapes what would make a line of escaped text a list, a heading or a rule; four spaces before it would make it code. */
export function escapeLineStart(markdown: string): string {
  return markdown.trimStart().replace(/^([-+=#:]|\d+[.)])/, (mark) => `${mark.slice(0, -1)}\\${mark.slice(-1)}`);
}

export function escapeHtml(text: string): string {
  return toOneLine(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** HTML inside Markdown (a `<summary>`): GitHub still links what it finds there. */
export function escapeHtmlInMarkdown(text: string): string {
  return escapeHtml(breakAutolinks(toOneLine(text)));
}

/**
 * A code span that cannot end early. Text with a backtick, pipe or backslash goes into `<code>` with every special character as
 * an entity: inside a table a backslash before a pipe would open the next cell, whatever the fence.
 */
export function inlineCode(text: string): string {
  const line = toOneLine(text);
  if (line.trim() === '') return '`(empty)`';
  if (!/[`|\\]/.test(line)) return `\`${/^ .* $/.test(line) ? line.trim() : line}\``;
  const safe = breakAutolinks(line).replaceAll(
    /[^A-Za-z0-9 .,=/+\-\u0080-\u{10FFFF}]/gu,
    (character) => `&#${character.codePointAt(0)};`,
  );
  return `<code>${safe}</code>`;
}

/** A fence longer than any run of backticks in the lines. */
export function fenceFor(lines: readonly string[]): string {
  const longest = lines.reduce((most, line) => Math.max(most, ...[...line.matchAll(/`+/g)].map((run) => run[0].length)), 0);
  return '`'.repeat(Math.max(3, longest + 1));
}

/** A link only to where job pages live; anything else that calls itself a URL is not linked. */
export function findSafeLink(href: string, serverUrl: string): string | undefined {
  if (!URL.canParse(href) || !URL.canParse(serverUrl)) return undefined;
  const url = new URL(href);
  const aws = url.protocol === 'https:' && /(^|\.)(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$/.test(url.hostname);
  if (!aws && url.origin !== new URL(serverUrl).origin) return undefined;
  return url.href.replaceAll(/[()\\<>[\]|`*_~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
