import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import type { ReportDeps } from '../../../src/actions/report/deps.ts';
import { isFromNewerRun, writeMarker, writeRunLine } from '../../../src/actions/report/marker.ts';
import { run } from '../../../src/actions/report/run.ts';
import type { RunRecord } from '../../../src/records/record.ts';
import type { PullRequests } from '../../../src/report/ports.ts';
import { parseSpec } from '../../../src/spec/parse.ts';
import type { Spec } from '../../../src/spec/spec.ts';
import { baselineRecords, context, headCommit, input, mainCommit, multi, now, record, running } from './fixtures.ts';

function readSpecText(text: string): Spec {
  const parsed = parseSpec(text, 'trainyard.yml');
  if ('problems' in parsed) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  return parsed.spec;
}
const spec = readSpecText(
  'name: digits\nbucket: my-ml-bucket\nregion: us-east-1\nbudget: { per-run: 5, per-pull-request: 20 }\n',
);

interface World {
  readonly own?: readonly RunRecord[];
  readonly ofCommit?: readonly RunRecord[];
  readonly all?: readonly RunRecord[];
  /** Records of main by commit. */
  readonly main?: Readonly<Record<string, readonly RunRecord[]>>;
  readonly pullRequests?: Partial<PullRequests>;
  readonly zone?: ReportDeps['zone'];
}

function createWorld(world: World = {}) {
  const seen = {
    summary: '',
    html: '',
    notices: [] as string[],
    comments: [] as { number: number; marker: string; body: string }[],
  };
  const own = world.own ?? [record(), multi];
  const deps: ReportDeps = {
    context,
    zone: world.zone ?? { kind: 'pull-request', number: 7 },
    records: {
      readRun: async (runId) => (runId === context.workflow.runId ? [...own] : []),
      findByCommit: async (commit) => (commit === headCommit ? [...(world.ofCommit ?? [])] : []),
      listAll: async () => [...(world.all ?? own)],
    },
    mainRecords: { findByCommit: async (commit) => [...(world.main?.[commit] ?? [])] },
    pullRequests: {
      putComment: async (number, marker, body) => {
        seen.comments.push({ number, marker, body });
        return { outcome: 'created', url: 'https://github.com/octo/models/pull/7#issuecomment-1' };
      },
      findByHead: async () => undefined,
      mergeBase: async () => ({ commit: mainCommit }),
      history: async (commit) => [commit, 'older'].map((one) => ({ commit: one, date: now })),
      ...world.pullRequests,
    },
    sizes: { findShape: () => undefined, findPrice: () => ({ kind: 'unknown', why: 'x' }) },
    log: { info() {}, notice: (message) => void seen.notices.push(message), warning() {}, error() {}, untrusted() {}, mask() {} },
    step: { summary: async (markdown) => void (seen.summary += markdown) },
    clock: { now: () => now, sleep: async () => {} },
    saveHtml: async (html) => {
      seen.html = html;
      return '/tmp/report.html';
    },
  };
  return { deps, seen };
}

describe('the report step', () => {
  test('writes comment, summary, file and outputs from the records of this run', async () => {
    const { deps, seen } = createWorld({ main: { [mainCommit]: baselineRecords } });
    expect(await run(spec, deps)).toEqual({
      commentUrl: 'https://github.com/octo/models/pull/7#issuecomment-1',
      html: '/tmp/report.html',
      skipped: false,
    });
    expect(seen.comments).toHaveLength(1);
    const [{ number, marker, body } = { number: 0, marker: '', body: '' }] = seen.comments;
    expect([number, marker]).toEqual([7, '<!-- trainyard-report:digits:trainyard.yml -->']);
    expect(body.split('\n').slice(0, 3)).toEqual([
      marker,
      `<!-- trainyard-run:1234567:1:${headCommit} -->`,
      '### ✅ digits: 2 runs completed',
    ]);
    expect(body).toContain('9f8e7d6, trained');
    expect(seen.summary).toContain('### ✅ digits: 2 runs completed');
    expect(seen.html).toContain('<!doctype html>');
  });

  test('falls back to the records of the commit', async () => {
    const { deps, seen } = createWorld({ own: [], ofCommit: [running], all: [running] });
    await run(spec, deps);
    expect(seen.comments[0]?.body).toContain('⏳ digits: 1 run not finished');
    expect(seen.comments[0]?.body).toContain('not counting 1 run of unknown or open cost');
  });

  test('sums the whole pull request, its rehearsals apart', async () => {
    const before = record({ name: 'x', costUsd: 1, workflow: { ...record().workflow, runId: '1' } });
    const { deps, seen } = createWorld({ own: [record()], all: [record(), before, { ...before, rehearsal: true, costUsd: 9 }] });
    await run(spec, deps);
    expect(seen.comments[0]?.body.replaceAll('\\', '')).toContain('This pull request has spent $1.07 of $20.00');
  });

  test('explains itself and leaves the pull request alone without records', async () => {
    const other = record({ spec: { name: 'digits', path: 'other.yml', environment: 'staging' } });
    const { deps, seen } = createWorld({ own: [other] });
    expect(await run(spec, deps)).toEqual({ skipped: false });
    expect(seen.comments).toEqual([]);
    expect(seen.summary).toContain('nothing was trained in this run');
    expect(seen.notices.join()).toContain('It has runs of other.yml (environment staging)');
  });

  test('writes a summary and no comment outside a pull request', async () => {
    const { deps, seen } = createWorld({ zone: { kind: 'main' } });
    expect(await run(spec, deps)).toEqual({ html: '/tmp/report.html', skipped: false });
    expect(seen.comments).toEqual([]);
    expect(seen.summary).toContain('### ✅ digits');
  });

  test('is skipped, not failed, where the token may only read', async () => {
    const { deps, seen } = createWorld({ pullRequests: { putComment: async () => ({ outcome: 'read-only' }) } });
    expect(await run(spec, deps)).toEqual({ html: '/tmp/report.html', skipped: true });
    expect(seen.summary).toContain('### ✅ digits');
    expect(seen.summary).toContain('A maintainer who has read the change');
  });
});

const bodyOf = async (world: World) => {
  const { deps, seen } = createWorld(world);
  await run(spec, deps);
  return seen.comments[0]?.body.replaceAll('\\', '') ?? '';
};

const refuse = async () => {
  throw new ActionError({ kind: 'permission', message: 'GitHub refused.', fix: 'Add `contents: read`.' });
};

const older = baselineRecords.map((one) => record({ label: one.label, commit: 'older', metrics: one.metrics }));

describe('the baseline', () => {
  test('is the newest commit that has a finished run, not the merge base itself', async () => {
    const failedThere = record({ commit: mainCommit, state: { status: 'failed', reason: 'x', logTail: [] } });
    expect(await bodyOf({ main: { [mainCommit]: [failedThere], older } })).toContain('(older, trained');
  });

  test.each([
    ['a rehearsal', { rehearsal: true }],
    ['another spec', { spec: { name: 'digits', path: 'other.yml' } }],
    ['another environment', { spec: { name: 'digits', path: 'trainyard.yml', environment: 'production' } }],
  ])('is never %s', async (_, change) => {
    const body = await bodyOf({ main: { [mainCommit]: [record({ ...change, commit: mainCommit })] } });
    expect(body).toContain('nothing to compare with yet');
    expect(body).toContain('No comparable finished run of main was found in the last 2 commits');
  });

  test('that cannot be read is a sentence in the report', async () => {
    expect(await bodyOf({ pullRequests: { mergeBase: refuse } })).toContain(
      'The comparison with main is missing. GitHub refused. Add `contents: read`.',
    );
  });

  test('of main is the commit before, never the run itself', async () => {
    const { deps, seen } = createWorld({
      zone: { kind: 'main' },
      main: { [headCommit]: [record()], older },
    });
    await run(spec, { ...deps, context: { ...context, ref: 'refs/heads/main' } });
    expect(seen.summary).toContain('(older, trained');
  });
});

describe('the marker', () => {
  test('tells specs and environments apart and cannot end its comment', () => {
    const markers = [input().spec, { name: 'digits', path: 'a/trainyard.yml' }, { ...input().spec, environment: 'x' }].map(
      writeMarker,
    );
    expect(new Set(markers).size).toBe(3);
    expect(writeMarker({ name: 'digits', path: '--><script>--x' })).toBe('<!-- trainyard-report:digits:-__script_-x -->');
  });

  test.each([
    ['a newer run of another commit', '1234568', 'b'.repeat(40), true],
    ['an older run', '1234566', 'b'.repeat(40), false],
    ['a newer run of the same commit', '1234568', headCommit, false],
    ['a run whose number is longer', '99999999999999999999', 'b'.repeat(40), true],
  ])('of %s: kept = %s', (_, runId, commit, kept) => {
    const existing = `<!-- m -->\n${writeRunLine({ ...context, commit, workflow: { ...context.workflow, runId } })}\n### text`;
    expect(isFromNewerRun(existing, context)).toBe(kept);
  });

  test('without a run in the text keeps nothing', () => expect(isFromNewerRun('<!-- m -->\nhello', context)).toBe(false));
});
