import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import type { ReportDeps } from '../../../src/actions/report/deps.ts';
import { isFromNewerRun, writeMarker, writeRunLine } from '../../../src/actions/report/marker.ts';
import { run } from '../../../src/actions/report/run.ts';
import type { RunRecord } from '../../../src/records/record.ts';
import type { TuningRecord } from '../../../src/records/tuning-record.ts';
import type { PullRequests } from '../../../src/report/ports.ts';
import type { TrainingJob } from '../../../src/training/ports.ts';
import type { SettleDeps } from '../../../src/training/settling/deps.ts';
import { parseSpec } from '../../../src/spec/parse.ts';
import type { Spec } from '../../../src/spec/spec.ts';
import { baselineRecords, context, headCommit, mainCommit, multi, now, record, running } from './fixtures.ts';
import { search, trial, unfinished } from './tuning-fixtures.ts';

function readSpecText(text: string): Spec {
  const parsed = parseSpec(text, 'trainyard.yml');
  if ('problems' in parsed) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  return parsed.spec;
}
const spec = readSpecText(
  'name: digits\nbucket: my-ml-bucket\nregion: us-east-1\nbudget: { per-run: 5, per-pull-request: 20 }\n',
);

interface World {
  /** Tuning jobs of the pull request. */
  readonly tuning?: readonly TuningRecord[];
  readonly own?: readonly RunRecord[];
  readonly ofCommit?: readonly RunRecord[];
  readonly all?: readonly RunRecord[];
  /** Records of main by commit. */
  readonly main?: Readonly<Record<string, readonly RunRecord[]>>;
  readonly pullRequests?: Partial<PullRequests>;
  readonly zone?: ReportDeps['zone'];
  /** Jobs by name; with them the report may finish what nobody watches. */
  readonly jobs?: Readonly<Record<string, Partial<TrainingJob> | Error>>;
}

function createSettling(
  jobs: NonNullable<World['jobs']>,
  written: RunRecord[],
  log: ReportDeps['log'],
  clock: ReportDeps['clock'],
): SettleDeps {
  return {
    jobs: {
      describe: async (name) => {
        const job = jobs[name];
        if (job instanceof Error) throw job;
        return job && { ...endedJob, name, ...job };
      },
    },
    logs: { open: () => ({ next: async () => [] }) },
    utilisation: { read: async () => ({ coverage: 'complete', hosts: [] }) },
    records: { write: async (one) => void written.push(one) },
    log,
    clock,
  };
}

const endedJob: TrainingJob = {
  name: '',
  arn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/x',
  status: 'Completed',
  secondaryStatus: 'Completed',
  created: new Date('2026-11-22T12:00:02Z'),
  trainingStarted: new Date('2026-11-22T12:03:00Z'),
  trainingEnded: new Date('2026-11-22T12:29:00Z'),
  trainingSeconds: 1560,
  billableSeconds: 1560,
  transitions: [],
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  metrics: [{ name: 'test-accuracy', value: 0.9 }],
};

function createWorld(world: World = {}) {
  const seen = {
    summary: '',
    html: '',
    notices: [] as string[],
    warnings: [] as string[],
    written: [] as RunRecord[],
    comments: [] as { number: number; marker: string; body: string }[],
  };
  const tuning = world.tuning ?? [];
  const own = world.own ?? [record(), multi];
  const log: ReportDeps['log'] = {
    info() {},
    notice: (message) => void seen.notices.push(message),
    warning: (message) => void seen.warnings.push(message),
    error() {},
    untrusted() {},
    mask() {},
  };
  let atMs = now.getTime();
  const clock: ReportDeps['clock'] = {
    now: () => new Date(atMs),
    // The report's own limit is never reached; every other wait takes no time but moves the clock.
    sleep: (ms) => {
      if (ms > 30_000) return new Promise(() => {});
      atMs += ms;
      return Promise.resolve();
    },
  };
  const deps: ReportDeps = {
    context,
    zone: world.zone ?? { kind: 'pull-request', number: 7 },
    records: {
      readRun: async (runId) => (runId === context.workflow.runId ? [...own] : []),
      findByCommit: async (commit) => (commit === headCommit ? [...(world.ofCommit ?? [])] : []),
      listAll: async () => [...(world.all ?? [...own, ...(world.ofCommit ?? [])])],
    },
    tuningRecords: {
      readRun: async (runId) => tuning.filter(({ workflow }) => workflow.runId === runId),
      findByCommit: async (commit) => tuning.filter((one) => one.commit === commit),
      findByFingerprint: async (fingerprint) =>
        tuning.filter((one) => one.fingerprint === fingerprint && one.state.status === 'completed'),
      listAll: async () => [...tuning],
    },
    ...(world.jobs && { settling: createSettling(world.jobs, seen.written, log, clock) }),
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
    log,
    step: { summary: async (markdown) => void (seen.summary += markdown) },
    clock,
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
    expect(seen.comments[0]?.body.replaceAll('\\', '')).toContain('and at most $0.46 more for what has not ended');
  });

  test('sums the whole pull request, its rehearsals apart', async () => {
    const before = record({ name: 'x', commit: mainCommit, costUsd: 1, workflow: { ...record().workflow, runId: '1' } });
    const { deps, seen } = createWorld({
      own: [record()],
      all: [record(), before, { ...before, rehearsal: true, commit: headCommit, costUsd: 9 }],
    });
    await run(spec, deps);
    expect(seen.comments[0]?.body.replaceAll('\\', '')).toContain('This pull request has spent $1.07 of $20.00');
  });

  test('explains itself and leaves the pull request alone without records', async () => {
    const other = record({ spec: { name: 'digits', path: 'other.yml' } });
    const { deps, seen } = createWorld({ own: [other] });
    expect(await run(spec, deps)).toEqual({ skipped: false });
    expect(seen.comments).toEqual([]);
    expect(seen.summary).toContain('nothing was trained in this run');
    expect(seen.notices.join()).toContain('It has runs of other.yml (digits): give the report the same input spec.');
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

describe('what belongs to the report', () => {
  const elsewhere = { ...record().workflow, runId: '1000000' };

  test('a record of another run that this run adopted, and no older attempt of it in the sum', async () => {
    const adopted = record({ label: 'multi', name: 'digits-multi-9999999999-a1', workflow: elsewhere });
    const body = await bodyOf({ own: [record()], ofCommit: [adopted] });
    expect(body).toContain('digits: 2 runs completed');
    const reused = record({
      name: 'digits-single-1111111111-a1',
      state: { status: 'reused', record: 'runs/1/x.json', name: 'x', commit: headCommit },
      times: { ...record().times, planned: '2026-11-22T12:10:00Z' },
      costUsd: 0,
    });
    const again = await bodyOf({ own: [reused], ofCommit: [record({ workflow: elsewhere, costUsd: 3 })] });
    expect(again).toContain('digits: 1 run reused');
    expect(again).toContain('**Cost:** $0. This pull request has spent $3.00 of $20.00.');
    expect(again).toContain('Earlier attempts');
  });

  test('what was trained on main for the commit, outside of a pull request', async () => {
    const { deps, seen } = createWorld({ zone: { kind: 'main' }, own: [], ofCommit: [record({ workflow: elsewhere })] });
    await run(spec, deps);
    expect(seen.summary).toContain('digits: 1 run completed');
    expect(seen.summary).not.toContain('This pull request');
  });
});

test('the budget is told also when the pull request was found through a push', async () => {
  const { deps, seen } = createWorld();
  const { pullRequest: _, ...push } = context;
  await run(spec, { ...deps, context: { ...push, ref: 'refs/heads/deeper', event: 'push' } });
  expect(seen.comments[0]?.body.replaceAll('\\', '')).toContain('This pull request has spent');
});

describe('what nobody waits for any more', () => {
  const handedOver = { ...running, handedOver: true } satisfies RunRecord;
  const otherRun = { ...running.workflow, runId: '1000000' };
  const { name } = running;
  const inProgress = { [name]: { status: 'InProgress' } as const };

  test.each<[string, RunRecord, NonNullable<World['jobs']>, string]>([
    ['a job that was handed over', { ...handedOver, workflow: otherRun }, { [name]: {} }, 'completed'],
    ['a job of this run whose runner died', running, { [name]: {} }, 'completed'],
    [
      'a job that ended long ago',
      { ...running, workflow: otherRun },
      { [name]: { trainingEnded: new Date('2026-11-22T12:20:00Z') } },
      'completed',
    ],
    ['a plan that came to nothing', { ...running, state: { status: 'planned' } }, {}, 'stopped'],
  ])('%s is finished', async (_, one, jobs, status) => {
    const { deps, seen } = createWorld({ own: [], all: [one], jobs });
    await run(spec, deps);
    expect(seen.written.map((written) => written.state.status)).toEqual([status]);
    expect(seen.comments[0]?.body).toContain(`digits: 1 run ${status}`);
  });

  test.each<[string, RunRecord, NonNullable<World['jobs']>]>([
    ['runs on', handedOver, inProgress],
    ['ended just now under another run, which watches it', { ...running, workflow: otherRun }, { [name]: {} }],
    ['belongs to another spec', { ...handedOver, spec: { name: 'dogs', path: 'dogs.yml' } }, { [name]: {} }],
  ])('a job that %s is left alone', async (_, one, jobs) => {
    const { deps, seen } = createWorld({ own: [], all: [one, record()], jobs });
    await run(spec, deps);
    expect(seen.written).toEqual([]);
    expect(seen.comments).toHaveLength(1);
  });

  test('is shown as it was recorded when it cannot be seen, and the report goes on', async () => {
    const { deps, seen } = createWorld({ own: [], all: [handedOver], jobs: { [name]: new Error('throttled') } });
    await run(spec, deps);
    expect(seen.comments[0]?.body).toContain('digits: 1 run not finished');
    expect(seen.warnings).toEqual([`${name} could not be brought up to date: throttled`]);
  });

  test('is given up after a minute', async () => {
    const { deps, seen } = createWorld({ own: [], all: [handedOver], jobs: { [name]: {} } });
    const { settling } = deps;
    if (!settling) throw new Error('There is nothing to settle with.');
    const stuck: SettleDeps = { ...settling, jobs: { describe: () => new Promise(() => {}) } };
    await run(spec, { ...deps, settling: stuck, clock: { now: () => now, sleep: async () => {} } });
    expect(seen.comments[0]?.body).toContain('digits: 1 run not finished');
    expect(seen.warnings.join()).toContain('within 60 s');
  });
});

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
  ])('is never %s', async (_, change) => {
    const body = await bodyOf({ main: { [mainCommit]: [record({ ...change, commit: mainCommit })] } });
    expect(body).toContain('nothing to compare with yet');
    expect(body).toContain('No comparable finished run was found at the last 2 commits of main. A push to main trains one.');
  });

  test('has its own environment on main, with the training role of that trust zone', async () => {
    const onMain = { name: 'digits', path: 'trainyard.yml', environment: 'main' };
    expect(await bodyOf({ main: { [mainCommit]: [record({ spec: onMain, commit: mainCommit })] } })).toContain(
      '9f8e7d6, trained',
    );
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
  test('is one a model in whatever environment, tells specs apart and cannot end its comment', () => {
    const overlaid = { ...spec, environmentName: 'main' };
    const markers = [spec, overlaid, { name: 'digits', path: 'a/trainyard.yml' }].map((one) => writeMarker(one));
    expect(markers[0]).toBe(markers[1]);
    expect(new Set(markers).size).toBe(2);
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

describe('tuning jobs', () => {
  const trials = [0, 1, 2, 3].map((index) => trial(index));
  const one = search(trials);
  const otherRun = { ...one.workflow, runId: '999' };

  test('of this run are told before any training is, without a comparison', async () => {
    const { deps, seen } = createWorld({ own: [], tuning: [one] });
    expect(await run(spec, deps)).toMatchObject({ skipped: false, html: '/tmp/report.html' });
    const body = seen.comments[0]?.body.replaceAll('\\', '') ?? '';
    expect(body).toContain('### ✅ digits: 1 tuning job completed');
    expect(body).toContain('**Training:** no run has been recorded after the tuning yet.');
    expect(body).toContain('This pull request has spent $0.03');
    expect(body).not.toContain('Versus main');
  });

  test('that are not over are shown as they stand', async () => {
    const { costUsd: _c, ...open } = search([...trials, unfinished(4)], { state: { status: 'submitted' } });
    const { deps, seen } = createWorld({ own: [], tuning: [open] });
    await run(spec, deps);
    const body = seen.comments[0]?.body.replaceAll('\\', '') ?? '';
    expect(body).toContain('### ⏳ digits: 1 tuning job not finished');
    expect(body).toContain('It is not over: 4 of 5 trials had ended at 2026-11-22 11:59 UTC.');
    expect(body).toContain('2 m so far | open | ⏳ running |');
  });

  test.each<[string, Partial<TuningRecord>]>([
    ['another spec', { spec: { name: 'other', path: 'other.yml' } }],
    ['another commit and run', { commit: mainCommit, workflow: otherRun }],
  ])('of %s are not told', async (_, changes) => {
    const { deps, seen } = createWorld({ tuning: [{ ...one, ...changes }] });
    await run(spec, deps);
    expect(seen.comments[0]?.body).not.toContain('Tuning');
  });

  test('that reuse another show its trials, which lie with another commit', async () => {
    const original = { ...one, commit: mainCommit, workflow: otherRun };
    const reused = search([], {
      name: 'digits-0123456789-a2',
      state: { status: 'reused', record: 'tuning/999/x.json', name: one.name, commit: mainCommit },
      ...(one.best && { best: one.best }),
      costUsd: 0,
    });
    const { deps, seen } = createWorld({ own: [], tuning: [original, reused] });
    await run(spec, deps);
    const body = seen.comments[0]?.body.replaceAll('\\', '') ?? '';
    expect(body).toContain(
      'It reuses digits-0123456789-a1, which searched with the same code, data and ranges at 9f8e7d6, for $0.',
    );
    expect(body).toContain('- **Cost:** $0.');
    expect(body).toContain('Tuning: the trials of digits-0123456789-a1, whose result is reused');
    expect(body.match(/✅ completed/g)).toHaveLength(3);
  });

  test('that were rehearsed and training that was billed are never told as one', async () => {
    const { deps, seen } = createWorld({ tuning: [{ ...one, rehearsal: true }] });
    await run(spec, deps);
    expect(seen.comments[0]?.body).not.toContain('Tuning');
    expect(seen.comments[0]?.body).not.toContain('Rehearsal');
  });
});
