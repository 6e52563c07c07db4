import { createHash } from 'node:crypto';
import type { Block, Body, Chart, Code, Inline, List, Scatter, Table, Text } from './document.ts';
import { escapeHtml } from './escape.ts';
import { toSvg } from './svg-chart.ts';
import { toSvgScatter } from './svg-scatter.ts';

const style = `
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --line: #d1d9e0; --back: #fff; --band: #f6f8fa;
  --c0: #0969da; --c1: #1a7f37; --c2: #9a6700; --c3: #8250df; --c4: #cf222e; --c5: #1b7c83 }
@media (prefers-color-scheme: dark) { :root { --text: #f0f6fc; --soft: #9198a1; --line: #3d444d; --back: #0d1117; --band: #151b23;
  --c0: #4493f8; --c1: #3fb950; --c2: #d29922; --c3: #ab7df8; --c4: #f85149; --c5: #39c5cf } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } a { color: var(--c0) } figure { margin: 1.5rem 0 } figcaption { font-weight: 600 }
.scroll { overflow-x: auto } table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { border: 1px solid var(--line); padding: .35rem .7rem; text-align: left; vertical-align: top } th { background: var(--band) } .right { text-align: right }
code, pre { font: .87em ui-monospace, monospace; background: var(--band); border-radius: 4px } code { padding: .1em .3em } pre { padding: .8rem; overflow-x: auto }
details { margin: .6rem 0 } summary { cursor: pointer } svg { width: 100%; height: auto } svg text { fill: var(--soft); font-size: 12px }
.grid { stroke: var(--line) } .line { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
${[0, 1, 2, 3, 4, 5].map((n) => `.c${n} { stroke: var(--c${n}); color: var(--c${n}) }`).join(' ')}
.dot { fill: currentColor; fill-opacity: .55 } .ring { fill: none; stroke-width: 1.5 } .key { font-size: .9rem; margin-right: 1rem }
`;

function toInline(part: Inline): string {
  if (typeof part === 'string') return escapeHtml(part);
  if ('strong' in part) return `<strong>${escapeHtml(part.strong)}</strong>`;
  if ('code' in part) return `<code>${escapeHtml(part.code)}</code>`;
  if ('link' in part) return `<a href="${escapeHtml(part.href)}">${escapeHtml(part.link)}</a>`;
  return '<br>';
}

const toText = (text: Text) => text.map(toInline).join('');

function toTable({ header, align, rows }: Table): string {
  const side = (index: number) => (align?.[index] === 'right' ? ' class="right"' : '');
  const head = header.map((cell, index) => `<th${side(index)}>${escapeHtml(cell)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell, index) => `<td${side(index)}>${toText(cell)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function toCode({ lines }: Code): string {
  return `<pre>${lines.map(escapeHtml).join('\n')}</pre>`;
}

function toList({ items }: List): string {
  return `<ul>${items.map((item) => `<li>${toText(item)}</li>`).join('')}</ul>`;
}

function toChart(chart: Chart): string {
  const keys = chart.lines.map((line, index) => `<span class="key c${index % 6}">━ ${escapeHtml(line.name)}</span>`).join('');
  return `<figure><figcaption>${escapeHtml(chart.title)}</figcaption>${toSvg(chart)}<div>${keys}</div></figure>`;
}

function toScatter(scatter: Scatter): string {
  const marks = new Set(scatter.points.map(({ mark }) => mark));
  const keys = [
    ...(marks.has('best') ? ['<span class="key c1">● best trial</span>'] : []),
    ...(marks.has('plain') ? ['<span class="key c0">● completed</span>'] : []),
    ...(marks.has('open') ? ['<span class="key c0">○ as far as it came: ended early, or not ended</span>'] : []),
  ];
  return `<figure><figcaption>${escapeHtml(scatter.title)}</figcaption>${toSvgScatter(scatter)}<div>${keys.join('')}</div></figure>`;
}

function toBody(body: Body): string {
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

function toBlock(block: Block): string {
  if (block.kind === 'heading') return `<h1>${escapeHtml(block.text)}</h1>`;
  if (block.kind === 'paragraph') return `<p>${toText(block.text)}</p>`;
  // A file has room for charts.
  if (block.kind === 'details')
    return `<details${block.open || block.body.kind === 'scatter' ? ' open' : ''}><summary>${escapeHtml(block.summary)}</summary>${toBody(block.body)}</details>`;
  return toBody(block);
}

/** The whole report as one file that loads nothing and runs nothing, whatever its texts say: the policy allows our style alone. */
export function toHtml(title: string, blocks: readonly Block[]): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${blocks.map(toBlock).join('\n')}
</body>
</html>
`;
}
