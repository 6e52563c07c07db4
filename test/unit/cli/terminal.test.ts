import { describe, expect, test } from '@jest/globals';
import { createLog } from '../../../src/cli/rehearse/log.ts';
import { renderMarkdown } from '../../../src/cli/rehearse/terminal-markdown.ts';
import { displayWidth } from '../../../src/cli/rehearse/terminal-table.ts';

const comment = `<!-- marker -->
### Trained in **12 s** for \`$0.0012\`

| run | cost | CPU |
| :-- | --: | --- |
| single | $0.0012 | ▁▃▇ 97&nbsp;% |
| 二 &lt;b&gt; | $0.10 | a<br>b |

<details>
<summary>Chart &amp; log</summary>

\`\`\`mermaid
---
title: CPU of single
---
xychart-beta
\`\`\`

\`\`\`
line 1
\`\`\`

</details>

See [the run](http://127.0.0.1/x).`;

describe('a comment in a terminal', () => {
  test('reads as on GitHub', () => {
    expect(renderMarkdown(comment, { colour: false, columns: 80 }).join('\n').trim()).toBe(`Trained in 12 s for $0.0012

┌────────┬─────────┬──────────┐
│ run    │    cost │ CPU      │
├────────┼─────────┼──────────┤
│ single │ $0.0012 │ ▁▃▇ 97 % │
│ 二 <b> │   $0.10 │ a b      │
└────────┴─────────┴──────────┘

▸ Chart & log
  [chart: CPU of single – drawn by GitHub]

    line 1

See the run (http://127.0.0.1/x).`);
  });

  test('a table that is too wide becomes blocks', () => {
    const lines = renderMarkdown(comment, { colour: false, columns: 20 });
    expect(lines).toContain('cost  $0.0012');
    expect(lines.filter((line) => line.includes('│'))).toEqual([]);
  });
});

test.each([
  ['abc', 3],
  ['二', 2],
  ['🚂', 2],
  ['▁▃▇', 3],
  ['\u001B[31mred\u001B[0m', 3],
])('%j takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

function record() {
  const lines: string[] = [];
  return { lines, log: createLog({ write: (line) => void lines.push(line), colour: false }) };
}

describe('the log', () => {
  test('hides every line of a secret, the longer ones first', () => {
    const { lines, log } = record();
    log.mask('secret');
    log.mask('my-secret-1\nother');
    const job = log.openJob('train');
    job.line('my-secret-1, secret and other');
    job.annotate({ level: 'error', message: 'lost secret' });
    expect(lines.slice(1).map((line) => line.trim())).toEqual(['***, *** and ***', 'error: lost ***']);
    expect(log.annotations).toMatchObject([{ job: 'train', message: 'lost ***' }]);
  });

  test('carries the job’s name while several run', () => {
    const { lines, log } = record();
    const one = log.openJob('one');
    one.line('alone');
    const two = log.openJob('two');
    one.line('together');
    two.line('too');
    expect(lines.slice(1)).toEqual(['    alone', 'two │ two', 'one │     together', 'two │     too']);
  });

  test('lets a step colour its lines but not move the cursor', () => {
    const { lines, log } = record();
    log.openJob('a').line('\u001B[31mred\u001B[0m \u001B[2Jgone\u0007 \u001B]0;title\u0007');
    expect(lines[1]).toBe('    \u001B[31mred\u001B[0m ·[2Jgone· ·]0;title·');
  });
});
