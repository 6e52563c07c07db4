import { describe, expect, test } from '@jest/globals';
import { reportRelease } from '../../../src/actions/report/release.ts';
import type { LambdaWorkPrice } from '../../../src/prices/lambda-work-price.ts';
import type { ReleaseInput } from '../../../src/report/release-input.ts';
import { renderRelease } from '../../../src/report/release-render.ts';
import { findLeastPolicy } from '../../../src/serving/least-policy.ts';
import type { RunRecord } from '../../../src/records/record.ts';
import type { DeployRecord, PromoteRecord, ReleaseRecord, ScalingRecord, SmokeRecord } from '../../../src/serving/record.ts';
import { context as pullContext, headCommit, now, record as runRecord } from './fixtures.ts';

const { pullRequest: _none, ...rest } = pullContext;
const context = { ...rest, event: 'push', ref: 'refs/tags/v1.2' };
const common = {
  schema: 1,
  rehearsal: false,
  repository: { id: '42', name: 'octo/models' },
  commit: headCommit,
  ref: 'refs/tags/v1.2',
  runId: '1234567',
  attempt: 1,
  spec: { name: 'digits', path: 'trainyard.yml' },
  at: '2026-11-22T12:00:00Z',
  release: 'digits-0123456789',
} as const;
const deploy: DeployRecord = {
  ...common,
  kind: 'deploy',
  strategy: 'alias',
  outcome: { kind: 'candidate', expiresAt: '2026-11-22T14:00:00Z' },
  model: { uri: 's3://octo-ml/trainyard/main/models/x/model.tar.gz', foundBy: 'fingerprint', job: 'digits-single-a1' },
  functionName: 'digits-invoke',
  functionVersion: '7',
  machine: { instanceType: 'ml.m5.large', instances: 1 },
  price: { kind: 'known', usdPerHour: 0.115, source: 'pricing-api', quality: 'observed', date: '2026-11-22' },
  seconds: 312,
};
const scaling: ScalingRecord = {
  ...common,
  kind: 'scaling',
  changes: [
    { setting: 'endpoint instances', after: '1 to 4' },
    { setting: 'provisioned concurrency', before: '1', after: '2' },
    { setting: 'reserved concurrency', before: '10', after: '10' },
  ],
  endpoint: { min: 1, max: 4, invocationsPerMinute: 600 },
  lambda: { provisioned: 2, reserved: 10, memoryMb: 256 },
};
const warm = { p50: 12.4, p95: 31.2, p99: 1432, max: 1500 };
const smoke: SmokeRecord = {
  ...common,
  kind: 'smoke',
  alias: 'candidate',
  passed: true,
  cases: [{ name: 'a seven', passed: true, calls: 20, errors: 0, differences: [], warm, cold: { p50: 210, max: 260, count: 2 } }],
};
const wrong: SmokeRecord = {
  ...smoke,
  passed: false,
  cases: [
    {
      name: 'a seven',
      passed: false,
      calls: 1,
      errors: 0,
      differences: ['the largest value is at 3, not at 7', '@all <b>x</b>'],
    },
  ],
};
const promoteOf = (outcome: PromoteRecord['outcome']): PromoteRecord => ({ ...common, kind: 'promote', outcome, seconds: 14.2 });
const promoted = promoteOf({ kind: 'promoted', from: 'digits-aaaaaaaaaa', keepUntil: '2026-11-22T13:30:00Z' });
const work: LambdaWorkPrice = {
  usdPerGbSecond: 0.0000166667,
  provisionedUsdPerGbSecond: 0.0000097222,
  usdPerMillionCalls: 0.2,
  date: '2026',
};
const lambdaPrices: ReleaseInput['lambdaPrices'] = { warm: { kind: 'known', usdPerGbSecond: 0.0000041667, date: '2026' }, work };

const place: ReleaseInput['place'] = {
  name: 'digits',
  region: 'us-east-1',
  bucket: 'octo-ml',
  zone: 'pull-request',
  network: { subnets: [], securityGroups: [], isolation: false },
  data: {},
};

function render(records: readonly ReleaseRecord[], more: Partial<ReleaseInput> = {}): string {
  const input = { spec: { name: 'digits' }, place, records, smokeCases: 1, context, lambdaPrices, notes: [], now };
  return renderRelease({ ...input, ...more }).summary;
}
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

describe('the first lines say what happened and what is live', () => {
  test.each<[string, ReleaseRecord[], string, string, string]>([
    [
      'promoted',
      [deploy, smoke, promoted],
      '✅ digits: v1.2 is live',
      'v1.2 was promoted and answered its live check.',
      '`digits-0123456789`; `digits-aaaaaaaaaa`, live before, is kept for a way back until 2026-11-22 13:30 UTC.',
    ],
    [
      'the first one',
      [deploy, promoteOf({ kind: 'promoted' })],
      '✅ digits: v1.2 is live',
      'answered its live check',
      '`digits-0123456789`; it is the first release, so there is nothing to go back to.',
    ],
    [
      'rolled back',
      [deploy, promoteOf({ kind: 'rolled-back', to: 'digits-aaaaaaaaaa', reason: 'the live check failed.' })],
      '❌ digits: v1.2 was rolled back',
      'taken back: the live check failed.',
      '`digits-aaaaaaaaaa`, as before.',
    ],
    [
      'stuck',
      [deploy, promoteOf({ kind: 'stuck', reason: 'alias live was moved by somebody else' })],
      '❌ digits: v1.2 needs somebody to look',
      'The promotion of v1.2 was neither verified nor taken back: alias live was moved by somebody else.',
      'not known: look at alias `live` of `digits-invoke` and the endpoint it calls.',
    ],
    [
      'returned',
      [promoteOf({ kind: 'returned', to: 'digits-aaaaaaaaaa', from: 'digits-bbbbbbbbbb' })],
      '↩️ digits: back to digits-aaaaaaaaaa',
      'was asked for and done',
      '`digits-aaaaaaaaaa`; `digits-bbbbbbbbbb` was taken back.',
    ],
    [
      'refused',
      [deploy, promoteOf({ kind: 'refused', reason: 'the candidate expired at 12:00' })],
      '❌ digits: v1.2 was not promoted',
      'Promotion was refused: the candidate expired at 12:00.',
      'what was live before this run; nothing of it was changed.',
    ],
    [
      'a wrong answer',
      [deploy, wrong],
      '❌ digits: v1.2 was refused by its smoke test',
      'candidate did not answer as the spec expects: “a seven”. It was not promoted.',
      'what was live before this run; nothing of it was changed.',
    ],
    [
      'waiting',
      [deploy, smoke],
      '⏳ digits: v1.2 waits for approval',
      'waits to be approved and promoted until 2026-11-22 14:00 UTC; then it is removed.',
      'what was live before this run',
    ],
    [
      'untested',
      [deploy, scaling],
      '⚠️ digits: v1.2 is deployed, but not tested',
      'this run has not called it',
      'what was live before this run',
    ],
    [
      'expired',
      [{ ...deploy, outcome: { kind: 'candidate', expiresAt: '2026-11-22T12:29:59Z' } }],
      '⌛ digits: v1.2 expired',
      'Nobody promoted the candidate before it expired at 2026-11-22 12:29 UTC.',
      'what was live before this run',
    ],
    [
      'unchanged',
      [{ ...deploy, outcome: { kind: 'unchanged' } }, promoteOf({ kind: 'unchanged' })],
      '✅ digits: v1.2 was live already',
      'nothing was switched',
      '`digits-0123456789`.',
    ],
    [
      'failed',
      [
        {
          ...deploy,
          outcome: { kind: 'failed', reason: 'The container does not answer /ping.', logTail: ['Traceback', 'KeyError: x'] },
        },
      ],
      '❌ digits: v1.2 could not be deployed',
      'The candidate could not be deployed: The container does not answer /ping.',
      'what was live before this run',
    ],
  ])('%s', (_, records, headline, happened, live) => {
    const [first, second = '', third = ''] = lines(render(records));
    expect(first).toBe(`### ${headline}`);
    expect(second).toContain('**What happened:**');
    expect(second).toContain(happened);
    expect(third).toContain('**Live now:**');
    expect(third).toContain(live);
  });

  test('a rehearsal says first that it is one, and that nothing is billed', () => {
    const text = render([{ ...deploy, rehearsal: true }]);
    expect(text).toMatch(/^### Rehearsal: ⚠️/u);
    expect(text).toContain('where nothing is billed');
    expect(text).toContain('price list of the local cloud');
  });
});

describe('money', () => {
  test('of endpoint and Lambda, at least and at most, with the source of the prices', () => {
    const text = render([deploy, scaling]);
    // 0.115 × 730, four times at most; 0.5 GB kept warm; 8 × 0.25 GB and 0.5 GB warm at work the whole month.
    expect(text).toContain('\\$83.95 – 1 × `ml.m5.large` | \\$335.80 – 4 × `ml.m5.large` |');
    expect(text).toContain('\\$5.48 – 2 × 256 MB kept warm | \\$105.85 and \\$0.20 a million calls – 10 at work all the time |');
    expect(text).toContain(
      'ml.m5.large \\$0.115/h (AWS Pricing API, 2026-11-22); Lambda \\$0.0000041667 a GB-second to be kept warm',
    );
  });

  test('without a reservation has a rate instead of a bound; without prices none', () => {
    const free = { ...scaling, lambda: { memoryMb: 128 } };
    expect(render([deploy, free])).toContain(
      '\\$0 – nothing is kept warm | by use: \\$0.0000166667 a GB-second and \\$0.20 a million calls |',
    );
    const unknown = render([{ ...deploy, price: { kind: 'unknown', why: 'no table' } }, scaling], {
      lambdaPrices: { warm: { kind: 'unknown', why: 'no table' }, work: undefined },
    });
    expect(unknown).toContain('unknown (no price) – 4 × `ml.m5.large`');
    expect(unknown).toContain('unknown (no price) – 2 × 256 MB kept warm | unknown (no price) |');
    expect(unknown).toContain('ml.m5.large unknown (no table)');
  });
});

test('scaling shows what it changed, and says when that was nothing', () => {
  const text = render([deploy, scaling]);
  expect(text).toContain('| endpoint instances | not set | 1 to 4 |');
  expect(text).toContain('| provisioned concurrency | 1 | 2 |');
  expect(text).not.toContain('reserved concurrency');
  expect(render([deploy, { ...scaling, changes: [] }])).toContain('nothing was changed');
});

describe('smoke tests', () => {
  test('stand in one table, warm and cold apart, of candidate and live', () => {
    expect(render([deploy, smoke])).toContain('| ✅ a seven | 20 | 0 | 12 ms / 31 ms / 1.43 s | 2: 210 ms, at most 260 ms |');
    const both = render([{ ...smoke, alias: 'live', at: '2026-11-22T12:09:00Z' }, deploy, smoke]);
    expect(both.indexOf('| ✅ a seven | candidate |')).toBeLessThan(both.indexOf('| ✅ a seven | live |'));
    expect(both).toContain('Smoke test | On |');
  });

  test('that fail show what differed, harmless whatever the model said', () => {
    const text = render([deploy, wrong]);
    expect(text).toContain('<details open>');
    expect(text).toContain('- the largest value is at 3, not at 7');
    expect(text).toContain('- @\u200Ball \\<b\\>x\\</b\\>');
    expect(text).toContain('| ❌ a seven | 1 | 0 | none | none |');
  });
});

test('a container that did not come up is quoted', () => {
  const failed: DeployRecord = { ...deploy, outcome: { kind: 'failed', reason: 'r', logTail: ['Traceback', 'KeyError: x'] } };
  expect(render([failed])).toContain('```text\nTraceback\nKeyError: x\n```');
});

describe('roles that may do more than they need', () => {
  const arn = 'arn:aws:iam::123456789012:role/octo-serving';
  const withRoles = (policies: NonNullable<DeployRecord['roles']>[number]['policies']): DeployRecord => ({
    ...deploy,
    roles: [
      { use: 'serving', arn, policies },
      { use: 'lambda', arn: arn.replace('serving', 'lambda'), policies: { kind: 'read', broad: [] } },
    ],
  });

  test('a warning with the policy to paste', () => {
    const text = render([withRoles({ kind: 'read', broad: ['AmazonSageMakerFullAccess', 'mine (inline)'] }), smoke]);
    expect(text).toContain(
      '- ⚠️ `roles.serving` (`octo-serving`) has `AmazonSageMakerFullAccess`, `mine (inline)`, far more than this model needs:',
    );
    expect(text).not.toContain('roles.lambda');
    const [, json = ''] = /Policy for roles\.serving, as JSON<\/summary>\n+```text\n([^`]+)```/.exec(text) ?? [];
    expect(JSON.parse(json)).toEqual(findLeastPolicy('serving', arn, place));
  });

  test('no word of roles that are as they should be', () => {
    expect(render([withRoles({ kind: 'read', broad: [] }), smoke])).not.toContain('roles.');
  });

  test('what could not be looked at is a note', () => {
    const text = render([withRoles({ kind: 'unreadable', why: 'CI may not do iam:ListRolePolicies.' }), smoke]);
    expect(text).toContain(
      '- ℹ️ Whether roles.serving may do more than needed could not be checked: CI may not do iam:ListRolePolicies.',
    );
    expect(text).not.toContain('⚠️');
  });
});

test('the page says where the model is from, and loads nothing', () => {
  const { html } = renderRelease({
    spec: { name: 'digits' },
    place,
    records: [deploy, wrong],
    smokeCases: 1,
    context,
    lambdaPrices,
    notes: [],
    now,
  });
  expect(html).toContain('found by the fingerprint of this commit’s tree');
  expect(html).toContain("default-src 'none'");
  expect(html).not.toContain('<b>x</b>');
});

const prefix = 's3://octo-ml/trainyard/release/deployments/1234567/';
const spec = { ...place, smoke: [] };
const silent = () => undefined;
const stored = (record: ReleaseRecord) => JSON.stringify(record);

function deps(objects: Readonly<Record<string, string>>, of = context, trained: RunRecord[] = []) {
  const summaries: string[] = [];
  const warnings: string[] = [];
  return {
    summaries,
    warnings,
    context: of,
    records: { readRun: async () => trained, findByCommit: async () => [], listAll: async () => [] },
    objects: {
      list: async (uri: string) =>
        Object.keys(objects)
          .filter((key) => key.startsWith(uri))
          .map((key) => ({ uri: key, bytes: 1, etag: '' })),
      readText: async (uri: string) => objects[uri],
    },
    log: {
      info: silent,
      notice: silent,
      warning: (text: string) => void warnings.push(text),
      error: silent,
      untrusted: silent,
      mask: silent,
    },
    step: { summary: async (text: string) => void summaries.push(text) },
    clock: { now: () => now, sleep: async () => undefined },
    saveHtml: async () => '/tmp/report.html',
  };
}

describe('the report step', () => {
  test('reads this run’s records and writes the summary alone', async () => {
    const of = deps({
      [`${prefix}deploy.json`]: stored(deploy),
      [`${prefix}promote.json`]: stored(promoted),
      [`${prefix}other.json`]: stored({ ...deploy, runId: '9' }),
      [`${prefix}noise.json`]: 'no JSON',
    });
    expect(await reportRelease(spec, of)).toEqual({ html: '/tmp/report.html', skipped: false });
    expect(of.summaries).toEqual([expect.stringContaining('✅ digits: v1.2 is live')]);
    expect(of.warnings.map((text) => text.split('/').at(-1))).toEqual([
      'other.json: it is not a record of this release.',
      'noise.json: it is not a record of this release.',
    ]);
  });

  test('leaves other runs to the report of trainings', async () => {
    const records = { [`${prefix}deploy.json`]: stored(deploy) };
    expect(await reportRelease(spec, deps(records, { ...context, ref: 'refs/heads/main' }))).toBeUndefined();
    const trained = [runRecord()];
    expect(await reportRelease(spec, deps({}, context, trained))).toBeUndefined();
    expect(await reportRelease({ ...spec, name: 'other' }, deps(records, context, trained))).toBeUndefined();
    const byHand = { ...context, ref: 'refs/heads/main', event: 'workflow_dispatch' };
    expect(await reportRelease(spec, deps(records, byHand))).toMatchObject({ skipped: false });
  });

  test('says of a tag without any record that nothing was deployed', async () => {
    const of = deps({});
    expect(await reportRelease(spec, of)).toEqual({ skipped: false });
    expect(of.summaries).toEqual([expect.stringContaining('nothing was deployed in this run')]);
  });
});
