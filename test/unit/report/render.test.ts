import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/records/record.ts';
import { commentLimit, renderReport } from '../../../src/report/render.ts';
import { baselineRecords, context, failed, input, many, multi, record, running, stopRequested } from './fixtures.ts';

const markdownOf = (changes: Parameters<typeof input>[0]) => renderReport(input(changes)).markdown.replaceAll('\\', '');
const { baseline: _none, ...first } = input();

describe('the first lines', () => {
  const reused = record({
    state: { status: 'reused', record: 'r', name: 'digits-single-x-a1', commit: 'b'.repeat(40) },
    costUsd: 0,
  });
  const refused = record({
    state: { status: 'refused', reason: 'ResourceLimitExceeded: the limit for ml.m5.xlarge is 0' },
    costUsd: 0,
  });
  const { times: _t, ...unplanned } = running;
  const planned: RunRecord = {
    ...unplanned,
    state: { status: 'planned' },
    times: { planned: '2026-11-22T12:00:00Z', updated: '2026-11-22T12:00:00Z' },
  };
  const stopped = record({ state: { status: 'stopped', cause: 'max-runtime', reason: 'MaxRuntimeExceeded' } });

  test.each<[string, RunRecord[], string, string]>([
    [
      'completed',
      [record(), multi],
      '### ✅ digits: 2 runs completed',
      '- **Cost:** $0.1132. This pull request has spent $0.3127 of $20.00.',
    ],
    [
      'failed',
      [record(), failed],
      '### ❌ digits: 1 run failed, 1 completed',
      "multi** failed: train.py exited with code 3: ValueError: could not convert string to float: 'n/a'. Correct train.py;",
    ],
    ['running', [running], '### ⏳ digits: 1 run not finished', '- **Cost:** at most $0.46 for 1 run not yet seen to end.'],
    ['planned', [planned], '### ⏳ digits: 1 run not finished', 'it is not known yet whether the job was created'],
    [
      'stop requested',
      [stopRequested],
      '### ⚠️ digits: 1 run asked to stop, not confirmed',
      'was asked to stop at 2026-11-22 12:21 UTC (the workflow was cancelled), which is not confirmed yet',
    ],
    ['stopped', [stopped], '### ⏹️ digits: 1 run stopped', 'was stopped at its time limit: MaxRuntimeExceeded'],
    [
      'reused',
      [reused],
      '### ♻️ digits: 1 run reused',
      'reuses digits-single-x-a1, trained from the same code, data and configuration at bbbbbbb, for $0',
    ],
    ['refused', [refused], '### ❌ digits: 1 run refused', 'nothing was started and nothing was spent: ResourceLimitExceeded'],
  ])('say what became of a run that %s', (_, records, heading, sentence) => {
    const lines = markdownOf({ records }).split('\n');
    expect(lines[0]).toBe(heading);
    expect(lines.slice(0, 8).join('\n')).toContain(sentence);
  });

  test('compare with main, its commit and its age', () => {
    expect(markdownOf({})).toContain(
      '- **Versus main:** **single** test-accuracy +0.0116 (better), cost −7.3 %, duration −7.8 % (9f8e7d6, trained 3 days ago).',
    );
    expect(renderReport(first).markdown).toContain('nothing to compare with yet');
  });

  test('say first that a rehearsal is one, and that its dollars were not spent', () => {
    const records = [record({ rehearsal: true }), { ...multi, rehearsal: true }];
    const markdown = markdownOf({ records });
    expect(markdown.startsWith('### Rehearsal: ✅')).toBe(true);
    expect(markdown).toContain('nothing was billed; on AWS these seconds would have cost $0.1132');
    expect(markdown).not.toMatch(/Run by SageMaker|AWS Pricing API/);
  });

  test('say what an unknown price leaves out, and never $0', () => {
    const { costUsd: _c, ...unpriced } = record({
      price: { kind: 'unknown', why: 'the built-in table has no prices for mars-1' },
    });
    const markdown = markdownOf({ records: [unpriced, multi] });
    expect(markdown).toContain(
      '**Cost:** $0.0422, plus an unknown amount for 1 run (the built-in table has no prices for mars-1).',
    );
    expect(markdown).toContain('unknown (no price)');
  });

  test('count earlier attempts in the cost, not in the result', () => {
    const again = {
      ...record(),
      name: 'digits-single-0123456789-a2',
      times: { ...record().times, planned: '2026-11-22T13:00:00Z' },
    };
    const markdown = markdownOf({ records: [{ ...failed, label: 'single' }, again] });
    expect(markdown).toContain('digits: 1 run completed');
    expect(markdown).toContain('$0.0758, earlier attempts included');
    expect(markdown).toContain('<summary>Earlier attempts</summary>');
  });
});

const leg = (epochs: number) => record({ workflow: { ...record().workflow, matrix: JSON.stringify({ epochs }) } });

describe('the table', () => {
  test('shows a few runs side by side with their change since main', () => {
    const markdown = markdownOf({});
    for (const row of [
      '| | ✅ single | ✅ multi |',
      '| **Duration** | 17 m 52 s (−7.8 %) | 10 m 12 s (+1.2 %) |',
      '| **Billed** | 18 m 32 s | 2 × 11 m |',
      '| **Cost** | $0.0710 (−7.3 %) | $0.0422 (+0.8 %) |',
      '| **test-accuracy** | 0.9527 (+0.0116, better) | 0.9527 (±0) |',
    ])
      expect(markdown).toContain(row);
    expect(markdown).toContain('4 vCPU on 2 cores');
  });

  test('says no data, partial data and silent hosts', () => {
    expect(markdownOf({ records: [failed] })).toContain('| **CPU average / peak** | no data |');
    const partial = { ...multi, utilisation: { coverage: 'partial' as const, hosts: multi.utilisation.hosts.slice(0, 1) } };
    expect(markdownOf({ records: [partial] })).toContain('75 % / 91 % (partial) (no data of 1 host)');
  });

  test('gives each leg of a matrix its name', () => {
    const markdown = markdownOf({ records: [leg(1), leg(2)] });
    expect(markdown).toContain('✅ single (epochs:1)');
    expect(markdown).toContain('✅ single (epochs:2)');
  });
});

const chartOf = (records: RunRecord[]) => /```mermaid\n([^]*?)\n```/.exec(renderReport(input({ records })).markdown)?.[1];

describe('the chart', () => {
  test('has as many points on every line, none missing', () => {
    const lines = [...(chartOf([record(), multi])?.matchAll(/line "(.*?)" \[(.*?)\]/g) ?? [])];
    expect(lines.map((line) => line[1])).toEqual(['single', 'multi']);
    const counts = lines.map((line) => (line[2] ?? '').split(', ').map(Number));
    expect(new Set(counts.map((values) => values.length)).size).toBe(1);
    expect(counts.flat().every(Number.isFinite)).toBe(true);
    expect(counts[1]?.at(-1)).toBe(0);
  });

  test('carries no text that its language could read as more than a name', () => {
    const chart = chartOf([record({ label: 'a"]\n  line "x" [1' })]);
    expect(chart?.match(/^ {2}line /gm)).toHaveLength(1);
    expect(chart).toContain('line "a  line x 1"');
  });

  test('is absent without data', () => expect(chartOf([failed])).toBeUndefined());
});

describe('length', () => {
  test('of 400 runs fits a comment, row by row, and the HTML has them all', () => {
    const report = renderReport(input({ records: many }));
    expect(report.markdown.length).toBeLessThanOrEqual(commentLimit);
    expect(report.markdown).toContain('Shortened to fit');
    expect(report.markdown.match(/^\| ✅ trial-\d+ \|.*\|$/gm)?.length).toBeGreaterThan(100);
    expect(Buffer.byteLength(report.summary)).toBeLessThan(1 << 20);
    expect(report.html).toContain('trial-400');
    expect(report.html).not.toContain('Shortened');
  });

  test('of hostile texts fits as well', () => {
    const long = '|`<@'.repeat(5000);
    const records = Array.from({ length: 12 }, (_, index) => ({
      ...failed,
      label: `${index}${long}`,
      state: { status: 'failed' as const, reason: long, logTail: [long, long] },
      warnings: [long],
      metrics: [{ name: long, value: 1 }],
      price: { kind: 'unknown' as const, why: long },
    }));
    expect(renderReport(input({ records, notes: [long] })).markdown.length).toBeLessThanOrEqual(commentLimit);
  });
});

describe('the HTML file', () => {
  const { html } = renderReport(input({ records: [record(), multi] }));

  test('allows its own style and nothing else', () => {
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
    expect(html).toContain(`default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(html).not.toMatch(/<script|<link|<img|\sstyle=|\son\w+=|url\(/);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  test('draws one line a run without holes in a path', () => {
    expect(html.match(/<path class="line c[01]"/g)).toHaveLength(2);
    expect(html).not.toContain('NaN');
  });
});

test('main has no pull request, so it compares with the commit before and shows no budget', () => {
  const { pullRequest: _, ...push } = context;
  const markdown = markdownOf({
    context: { ...push, event: 'push', ref: 'refs/heads/main' },
    budget: { perPullRequestUsd: 20 },
    baseline: { commit: 'c'.repeat(40), date: new Date('2026-11-22T12:00:00Z'), records: baselineRecords },
  });
  expect(markdown).toContain('Versus the commit before:');
  expect(markdown).not.toContain('This pull request');
});

test('a failed run says what went wrong and what to change, and keeps the reason as it was given in the details', () => {
  const markdown = markdownOf({ records: [record(), failed] }).replaceAll('\\', '');
  const [result = ''] = /^- \*\*Result:.*$/m.exec(markdown) ?? [];
  expect(result).toContain('**multi** failed: train.py exited with code 3: ValueError: could not convert string to float');
  expect(result).toContain('Correct train.py;');
  expect(result).not.toContain('AlgorithmError');
  expect(markdown).toMatch(/Reasons of failures, as the service gave them[^]*AlgorithmError: ValueError/);
});

test.each([
  [{ spentUsd: 1, committedUsd: 0, unknown: [] }, 'has spent $1.00 of $20.00.'],
  [{ spentUsd: 1, committedUsd: 2.5, unknown: [] }, 'has spent $1.00 of $20.00, and at most $2.50 more for what has not ended.'],
  [{ spentUsd: 0, committedUsd: 0, unknown: ['a'] }, 'has spent an amount that is not known (1 run).'],
  [{ spentUsd: 21, committedUsd: 0, unknown: [] }, 'has spent $21.00 of $20.00 – over budget.'],
])('the budget of %j', (spending, sentence) => {
  const markdown = markdownOf({ budget: { perPullRequestUsd: 20, spending } });
  expect(markdown.replaceAll('\\', '')).toContain(`This pull request ${sentence}`);
});

test('a rehearsal says once how many cores this machine has, when the local cloud told it', () => {
  const waited = { status: 'Pending', start: '2026-11-22T12:00:03Z', message: "Waiting for 2 of this machine's 2 cores" };
  const rehearsed = record({ rehearsal: true, transitions: [...record().transitions, waited] });
  const sentence = 'Run on the local cloud, whose machine has 2 cores:';
  expect(markdownOf({ records: [rehearsed, { ...multi, rehearsal: true }] }).split(sentence)).toHaveLength(2);
  expect(markdownOf({ records: [record({ rehearsal: true })] })).toContain('Run on the local cloud: durations');
});
