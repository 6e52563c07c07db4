/**
 * Draws a comment as GitHub shows it: GitHub-flavoured Markdown, GitHub's style sheet, mermaid in the version GitHub runs, in a
 * headless Chromium, without network. Every mermaid text goes through mermaid's own parser first; one that fails ends the script.
 *
 *   node scripts/screenshot.ts                                       the last rehearsal's comment → docs/comment-{light,dark}.png
 *   node scripts/screenshot.ts comment.md docs/comment [--open]      another one; --open unfolds the details
 *
 * CHROMIUM names the browser when it is not /usr/bin/chromium.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { marked } from 'marked';
import { type Browser, chromium } from 'playwright-core';

const root = join(import.meta.dirname, '..');
const modules = join(root, 'node_modules');

/** Runs inside the page, so it is text: the types of a browser are no part of this project. */
const drawCharts = `(async () => {
  const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'default';
  mermaid.initialize({ startOnLoad: false, theme, securityLevel: 'strict' });
  const charts = JSON.parse(document.querySelector('#charts').textContent);
  for (const [index, text] of charts.entries()) {
    await mermaid.parse(text);
    document.querySelector('[data-chart="' + index + '"]').innerHTML = (await mermaid.render('chart-' + index, text)).svg;
  }
  return charts.length;
})()`;

async function toPage(markdown: string, open: boolean): Promise<string> {
  const charts: string[] = [];
  const renderer = new marked.Renderer();
  const plainCode = renderer.code.bind(renderer);
  renderer.code = (token) => {
    if (token.lang !== 'mermaid') return plainCode(token);
    charts.push(token.text);
    return `<div class="chart" data-chart="${charts.length - 1}"></div>`;
  };
  const body = await marked.parse(markdown, { gfm: true, renderer });
  // Nothing of the comment may run or load here either; charts travel as data.
  return `<!doctype html><meta charset="utf-8">
<style>body { margin: 0; padding: 16px; width: 880px; background: var(--bgColor-default, #fff) } .box { border: 1px solid var(--borderColor-default, #d1d9e0); border-radius: 6px; padding: 16px }
.markdown-body { font-family: "Noto Sans", "Liberation Sans", sans-serif, "Noto Color Emoji"; font-size: 14px } .chart svg { max-width: 100% }</style>
<div class="box"><article class="markdown-body">${open ? body.replaceAll('<details>', '<details open>') : body}</article></div>
<script type="application/json" id="charts">${JSON.stringify(charts).replaceAll('<', '\\u003C')}</script>`;
}

async function draw(browser: Browser, page: string, theme: 'light' | 'dark', path: string): Promise<number> {
  const tab = await browser.newPage({
    viewport: { width: 912, height: 600 },
    deviceScaleFactor: 1.5,
    colorScheme: theme,
    offline: true,
  });
  await tab.setContent(page);
  await tab.addStyleTag({ path: join(modules, `github-markdown-css/github-markdown-${theme}.css`) });
  if (theme === 'dark')
    await tab.addStyleTag({ content: ':root { --bgColor-default: #0d1117; --borderColor-default: #3d444d }' });
  await tab.addScriptTag({ path: join(modules, 'mermaid/dist/mermaid.min.js') });
  const count = await tab.evaluate<number>(drawCharts);
  await tab.locator('body').screenshot({ path });
  await tab.close();
  return count;
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { open: { type: 'boolean', default: false } } });
const [source = join(root, '.trainyard/rehearsal/comment.md'), target = join(root, 'docs/comment')] = positionals;
const page = await toPage(readFileSync(source, 'utf8'), values.open);
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  for (const theme of ['light', 'dark'] as const) {
    const path = `${target}-${theme}.png`;
    const charts = await draw(browser, page, theme, path);
    console.log(`${path} (${charts} chart${charts === 1 ? '' : 's'} parsed by mermaid)`);
  }
} finally {
  await browser.close();
}
