import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import type { Trial, TuningRecord } from '../../../src/records/tuning-record.ts';
import { commentLimit, renderReport } from '../../../src/report/render.ts';
import { input, record } from './fixtures.ts';
import { search, trial, unfinished } from './tuning-fixtures.ts';

const trialsOf = (count: number) => Array.from({ length: count }, (_, index) => trial(index));
const render = (tuning: TuningRecord, changes: Parameters<typeof input>[0] = {}) =>
  renderReport(input({ records: [], tuning: [tuning], ...changes }));
const textOf = (...given: Parameters<typeof render>) => render(...given).markdown.replaceAll('\\', '');
const lineOf = (markdown: string, start: string) => markdown.split('\n').find((line) => line.startsWith(start)) ?? '';
const { best: _b, ...withoutBest } = search([]);
const { costUsd: _c, ...unpriced } = trial(1);
const { objective: _o, ...silent } = trial(2);
const { costUsd: _u, ...openSearch } = search([trial(0)], { state: { status: 'submitted' } });

const costOf = (tuning: TuningRecord, changes: Parameters<typeof input>[0] = {}) =>
  lineOf(textOf(tuning, changes), '- **Cost:**');
const rows = (markdown: string) => markdown.split('\n').filter((line) => /^\| `\d{3}-/.test(line));
const chartsOf = (markdown: string) => [...markdown.matchAll(/```mermaid\n([^]*?)\n```/g)].map((match) => match[1] ?? '');
const advise = (tuning: TuningRecord) => textOf(tuning).split('What the numbers suggest')[1]?.split('<details>')[0] ?? '';

describe('the verdict', () => {
  const stopped = (cause: 'budget' | 'cancelled', reason: string) =>
    search(trialsOf(3), {
      state: { status: 'stopped', cause, reason },
      asked: { ...search([]).asked, maxJobs: 20, stopAtUsd: 1.5 },
    });

  test.each<[string, TuningRecord, string, string]>([
    [
      'completed',
      search(trialsOf(4)),
      '### ✅ digits: 1 tuning job completed',
      '**best test-loss 0.2261** with learning-rate 0.04055, batch-size 128, layers 3 (trial `003-daa66d13`) after 4 trials, $0.0321.',
    ],
    [
      'stopped at its budget',
      stopped('budget', 'the trials had cost $1.51'),
      '### ⏹️ digits: 1 tuning job stopped',
      'after 3 of at most 20 trials, $0.0224. It was stopped at its budget of $1.50: the trials had cost $1.51.',
    ],
    [
      'cancelled',
      stopped('cancelled', 'the workflow was cancelled'),
      '### ⏹️ digits: 1 tuning job stopped',
      'It was cancelled: the',
    ],
    [
      'failed',
      { ...withoutBest, state: { status: 'failed', reason: 'All training jobs failed.', logTail: ['epoch 1', 'boom'] } },
      '### ❌ digits: 1 tuning job failed',
      'no trial completed with a test-loss. It failed:',
    ],
    [
      'refused',
      { ...withoutBest, state: { status: 'refused', reason: 'ResourceLimitExceeded' }, costUsd: 0 },
      '### ❌',
      'was refused',
    ],
    ['planned', { ...withoutBest, state: { status: 'planned' } }, '### ⏳ digits: 1 tuning job not finished', 'It was planned'],
  ])('of one that %s', (_, tuning, heading, sentence) => {
    const markdown = textOf(tuning);
    expect(markdown.split('\n')[0]).toContain(heading);
    expect(lineOf(markdown, '- **Tuning:**')).toContain(sentence);
  });

  test('says first that a rehearsal is one', () => {
    expect(textOf(search(trialsOf(3), { rehearsal: true })).startsWith('### Rehearsal: ✅')).toBe(true);
  });

  test('says when the service names another best than the values do', () => {
    const tuning = search(trialsOf(4));
    const worse = tuning.trials[0];
    if (!worse) throw new Error('no trial');
    const best = { name: worse.name, hyperparameters: worse.hyperparameters, objective: 0.9 };
    expect(textOf({ ...tuning, best })).toContain('trial 003-daa66d13 has a better one (0.2261) than the one the service names');
  });

  test('worst first: a failed search beside completed runs', () => {
    const tuning = { ...withoutBest, state: { status: 'failed', reason: 'x', logTail: [] } } satisfies TuningRecord;
    expect(textOf(tuning, { records: [record()] })).toMatch(/^### ❌ digits: 1 run completed, 1 tuning job failed\n/);
  });
});

describe('money', () => {
  test.each<[string, TuningRecord, string]>([
    ['the sum', search(trialsOf(4)), '** $0.0321.'],
    [
      'what is known, and of how many trials it is not',
      search([trial(0), unpriced]),
      '** $0.0064, plus an unknown amount for 1 trial (',
    ],
    [
      'never $0 for an unknown price',
      search([unpriced], { price: { kind: 'unknown', why: 'no price for mars-1' } }),
      '** an unknown amount for 1 tuning job (no price for mars-1).',
    ],
    ['the ceiling of one that is not over', openSearch, '** at most $3.10 for 1 tuning job not yet seen to end.'],
  ])('is %s', (_, tuning, words) => expect(costOf(tuning)).toContain(words));

  test('of runs and search is one sum that tells the part of the search', () => {
    expect(costOf(search(trialsOf(4)), { records: [record()] })).toContain('** $0.1031 ($0.0321 of it for tuning).');
  });

  test('of an earlier attempt is counted, too', () => {
    const earlier = search(trialsOf(2), {
      name: 'digits-0123456789-a0',
      times: { ...search([]).times, planned: '2026-11-22T10:00:00Z' },
    });
    const markdown = textOf(search(trialsOf(2)), { tuning: [earlier, search(trialsOf(2))] });
    expect(lineOf(markdown, '- **Cost:**')).toContain('$0.0303, earlier attempts included');
    expect(markdown).toContain('<summary>Earlier attempts at tuning</summary>');
  });
});

describe('the leaderboard', () => {
  test('shows every kind of trial as it is, results first', () => {
    const markdown = textOf(
      search([
        trial(0),
        trial(3, { status: 'stopped', endedEarly: true }),
        trial(4, { status: 'stopped' }),
        { ...silent, status: 'failed', failureReason: 'exit code 1' },
        { ...unpriced, name: trial(5).name },
        unfinished(7),
        { ...silent, name: trial(8).name },
      ]),
    );
    expect(
      rows(markdown).map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['`006-b54cda26`', '0.3106', '0.5675', '64', '2', '2 m 17 s', 'unknown', '🏆 best'],
      ['`001-9e3779b1`', '0.479', '0.007943', '32', '1', '1 m 40 s', '$0.0064', '✅ completed'],
      ['`005-17156075`', '0.174 so far', '0.207', '64', '5', '2 m 08 s', '$0.0082', '⏹️ stopped'],
      ['`004-78dde6c4`', '0.8296 so far', '0.002897', '32', '4', '2 m 31 s', '$0.0096', '⏭️ stopped early'],
      ['`003-daa66d13`', 'no data', '0.04055', '128', '3', '1 m 54 s', '$0.0073', '❌ failed'],
      ['`008-f1bbcd88`', 'none yet', '0.07551', '64', '3', '2 m so far', 'open', '⚠️ not seen to end'],
      ['`009-8ff34739`', 'no data', '0.04055', '128', '3', '1 m 54 s', '$0.0073', '⚠️ completed without the objective'],
    ]);
    expect(markdown).toContain('1 failed, 1 stopped early by the search, 1 stopped, 1 not seen to end and 1 without a value');
  });

  test('has ten rows in sight and all of them folded', () => {
    const markdown = textOf(search(trialsOf(25)));
    const [inSight = '', folded = ''] = markdown.split('<summary>All 25 trials</summary>');
    expect([rows(inSight).length, rows(folded).length]).toEqual([10, 25]);
  });

  test('ranks the largest first when it maximizes', () => {
    const tuning = search(trialsOf(5));
    const asked = { ...tuning.asked, objective: { goal: 'maximize', metric: 'test-loss' } } as const;
    expect(rows(textOf({ ...tuning, asked }))[0]).toContain('| 0.8296 |');
  });
});

describe('the charts', () => {
  test('put every trial where it belongs, on a log axis', () => {
    const [chart = ''] = chartsOf(render(search(trialsOf(4))).markdown);
    expect(chart).toContain('x-axis "learning-rate from 0.001 (left) to 1 (right), log scale"');
    expect(chart).toContain('"003-daa66d13": [0.536, ');
    expect(chart.match(/^ {2}".*": \[/gm)).toHaveLength(4);
  });

  test('of categories are a table in the comment and strips in the file', () => {
    const { markdown, html } = render(search(trialsOf(6)));
    expect(markdown).toMatch(/<summary>test-loss against batch-size<\/summary>[^]*\| `32` \| 2 \| 0\.479 \| 0\.6543 \|/);
    expect(html.match(/<svg /g)).toHaveLength(3);
    expect(html).toContain('<title>001-9e3779b1: batch-size 32, test-loss 0.479</title>');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('are absent with two values, and with values that no axis holds', () => {
    expect(chartsOf(render(search(trialsOf(2))).markdown)).toEqual([]);
    const huge = [0, 1, 2, 3].map((index) => trial(index, { objective: index % 2 === 0 ? 1.7e308 : -1.7e308 }));
    expect(chartsOf(render(search(huge)).markdown)).toEqual([]);
  });
});

test('a comment of mermaid begins nowhere in a chart, whatever a name says', () => {
  expect(chartsOf(render(withTexts(trialsOf(5), ['%%{init}%% x', 'b', '%%', '%%%'])).markdown)[0]).not.toContain('%%');
});

describe('what the numbers suggest', () => {
  test('a best value at the edge of its range', () => {
    const tuning = search(trialsOf(4));
    const { ranges } = tuning.asked;
    const narrow = { ...ranges, 'learning-rate': { kind: 'continuous', min: 0.0001, max: 0.042, scale: 'log' } } as const;
    expect(advise({ ...tuning, asked: { ...tuning.asked, ranges: narrow } })).toContain(
      '**learning-rate**: the best value, 0.04055, is within 5 % of 0.042, the upper end of the range, so a better one may lie beyond it. Where larger values make sense, widen tune.ranges.learning-rate.max and tune again.',
    );
    expect(advise(tuning)).toBe('');
  });

  test('the health of the best trials, by their curves', () => {
    const curves = [{ name: 'test-loss', values: [1, 0.5, 0.4, 0.5, 0.6, 0.7] }];
    expect(advise(search([...trialsOf(2), trial(2, { curves })]))).toContain(
      'best trial `003-daa66d13`: test-loss was best at value 3 of 6 (0.4) and ended at 0.7: training went on too long.',
    );
  });
});

test('the table of runs says whose hyperparameters are the best of the tuning', () => {
  const tuning = search(trialsOf(4));
  const { asked } = record();
  const single = record({ asked: { ...asked, hyperparameters: { epochs: '30', ...tuning.best?.hyperparameters } } });
  const multi = record({ label: 'together' });
  expect(lineOf(textOf(tuning, { records: [single, multi] }), '| **Hyperparameters**')).toBe(
    '| **Hyperparameters** | the best of the tuning digits-0123456789-a1 | not the best of the tuning: learning-rate 0.5 (best 0.04055), batch-size 48 (best 128), layers not set (best 3) |',
  );
});

function withTexts(trials: Trial[], texts: readonly string[]): TuningRecord {
  const [a = 'a', b = 'b', c = 'c', d = 'd'] = texts;
  const rename = (one: Trial): Trial => ({
    ...one,
    name: `${one.name}${c}`,
    hyperparameters: { [`${a} rate`]: one.hyperparameters['learning-rate'] ?? '', [`${b} kind`]: c },
    failureReason: d,
  });
  const tuning = search(trials.map(rename), { warnings: [a, d] });
  const ranges: TuningRecord['asked']['ranges'] = {
    [`${a} rate`]: { kind: 'continuous', min: 0.001, max: 1, scale: 'log' },
    [`${b} kind`]: { kind: 'categorical', values: [c, d] },
  };
  return { ...tuning, asked: { ...tuning.asked, objective: { goal: 'minimize', metric: d }, ranges, entryPoint: b } };
}

/** Whether every table, fold and fence of a text is whole. */
function expectWhole(markdown: string): void {
  const tokens = marked.lexer(markdown);
  for (const table of tokens.filter((token): token is Tokens.Table => token.type === 'table')) {
    // The parser drops cells that are too many, so it is the last column that tells a row that was torn.
    const isBoard = table.header.at(-1)?.text === 'State' && table.header[0]?.text === 'Trial';
    for (const row of isBoard ? table.rows : []) expect(row.at(-1)?.text).toMatch(/^(🏆 best|✅ completed)$/);
  }
  const html = tokens.filter(({ type }) => type === 'html').map(({ raw }) => raw);
  expect(html.filter((raw) => raw.startsWith('<details')).length).toBe(html.filter((raw) => raw.includes('</details>')).length);
  expect(tokens.filter(({ type }) => type === 'heading')).toHaveLength(1);
  for (const [, chart = ''] of markdown.matchAll(/```mermaid\n([^]*?)\n```/g)) {
    const points = chart.split('\n').slice(chart.split('\n').indexOf('quadrantChart') + 4);
    for (const point of points)
      expect(point).toMatch(/^ {2}"[^"]+": \[(0|1|0\.\d{1,3}), (0|1|0\.\d{1,3})\]( color: #[0-9a-f]{6}(, radius: 6)?)?$/);
  }
}

describe('at size', () => {
  const hostile = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('\\`|*_[]<>~&$#@!()-+=:1. \n\r\tab/"\'%;{}')), maxLength: 40 }),
    fc.constantFrom(
      '@octocat',
      '::error::x',
      '</details>',
      '<!-- -->',
      '```',
      '%%{init: {}}%%',
      '__proto__',
      'https://evil.example',
      '|||',
    ),
  );

  test('nothing is torn, whatever names and values say', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 60 }), (texts, count) => {
        const { markdown, summary } = render(withTexts(trialsOf(count), texts));
        expect(markdown.length).toBeLessThanOrEqual(commentLimit);
        expectWhole(markdown);
        expect(markdown).not.toMatch(/^::/m);
        expect(summary.startsWith(markdown.slice(0, 200))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('1,000 trials fit comment and summary, best first, and the file has them all', () => {
    const tuning = withTexts(trialsOf(1000), ['a|b', '`x`', '@octocat', '<b>|']);
    const started = performance.now();
    const { markdown, summary, html } = render(tuning);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(markdown.length).toBeLessThanOrEqual(commentLimit);
    expect(Buffer.byteLength(summary)).toBeLessThan(1 << 20);
    expectWhole(markdown);
    expectWhole(summary);
    expect(markdown.match(/^\| .*✅ completed \|$/gm)?.length).toBeGreaterThan(100);
    expect(markdown).toContain('Shortened to fit');
    expect(html.match(/<circle /g)).toHaveLength(2000);
  });
});
