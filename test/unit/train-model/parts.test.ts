import { describe, expect, test } from '@jest/globals';
import { chooseRuns } from '../../../src/actions/train-model/choose.ts';
import { prepareChannel, prepareCode, upload } from '../../../src/actions/train-model/contents.ts';
import { findFailure, type Result } from '../../../src/actions/train-model/failures.ts';
import { followLog } from '../../../src/training/settling/follow-log.ts';
import { getOutputs } from '../../../src/actions/train-model/outputs.ts';
import { createProgress } from '../../../src/actions/train-model/progress.ts';
import { getSettings } from '../../../src/actions/train-model/settings.ts';
import type { RunState } from '../../../src/records/record.ts';
import type { Spec } from '../../../src/spec/spec.ts';
import type { LogLine, TrainingJob } from '../../../src/training/ports.ts';
import { makeRecord } from '../records/sample.ts';
import { createDeps, createWorld, putJob, settings, spec } from './world.ts';

const asked = { labels: [], hyperparameters: {}, maxCostUsd: undefined, allowUnknownPrice: false, force: false, wait: true };
const whole: Spec = {
  ...spec,
  region: 'us-east-1',
  bucket: 'models',
  code: { directory: 'training', entryPoint: 'train.py' },
  image: 'a/b:c',
};

describe('which runs', () => {
  const { log } = createDeps(createWorld());
  const ec2: Spec = {
    ...spec,
    train: {
      maxRuntimeSeconds: 60,
      runs: {
        ...spec.train?.runs,
        gpu: { on: 'ec2', instanceTypes: ['g4dn.xlarge'], instanceCount: 1, spot: false, hyperparameters: {} },
      },
    },
  };

  test.each<[string, Spec, string[], string[], number]>([
    ['all', spec, [], ['single', 'multi'], 0],
    ['those asked for, once each', spec, ['multi', 'multi'], ['multi'], 0],
    ['an unknown one', spec, ['single', 'triple'], ['single'], 1],
    ['a name of Object', spec, ['constructor'], [], 1],
    ['those of SageMaker', ec2, [], ['single', 'multi'], 0],
    ['none of SageMaker', ec2, ['gpu'], [], 1],
  ])('%s', (_, some, labels, chosen, problems) => {
    const choice = chooseRuns(some, labels, log);
    expect(choice.labels).toEqual(chosen);
    expect(choice.problems).toHaveLength(problems);
  });
});

describe('settings', () => {
  const { log } = createDeps(createWorld());

  test('come from spec and inputs', () => {
    const { settings: made, problems } = getSettings(whole, asked, 'eu-west-1', '2026-03-01', log);
    expect(problems).toEqual([]);
    expect(made).toMatchObject({ region: 'us-east-1', bucket: 'models', labels: ['single', 'multi'], image: 'a/b:c' });
  });

  test('take the region of the environment when the spec has none', () => {
    const { region: _, ...without } = whole;
    expect(getSettings(without, asked, 'eu-west-1', '2026-03-01', log).settings.region).toBe('eu-west-1');
  });

  test('name everything that is missing at once, with a fix', () => {
    const { problems } = getSettings({ ...spec, roles: {} }, { ...asked, labels: ['x'] }, undefined, '2026-03-01', log);
    expect(problems.map((problem) => problem.name)).toEqual([
      'input runs',
      'region',
      'bucket',
      'roles.training',
      'code',
      'image',
    ]);
    expect(problems.every((problem) => problem.fix.length > 10)).toBe(true);
  });
});

describe('contents', () => {
  test('code is one prefix by its hash, with the launcher beside it', async () => {
    const world = createWorld();
    const code = await prepareCode(settings, createDeps(world));
    expect(code.uri).toBe(`s3://models/trainyard/pr/7/code/${code.hash}/`);
    const other = await prepareCode(settings, createDeps(world, { readText: async () => 'another launcher' }));
    expect(other.hash).not.toBe(code.hash);
    await upload([code], createDeps(world));
    expect([...world.objects.keys()].filter((key) => key.startsWith(code.uri)).toSorted()).toEqual([
      `${code.uri}code.tar.gz`,
      `${code.uri}launcher.py`,
    ]);
  });

  test('a folder is uploaded by content, and only what is missing', async () => {
    const world = createWorld();
    const files = [
      { path: 'a.csv', file: '/data/a.csv', bytes: 11, sha256: '1' },
      { path: 'b/c.csv', file: '/data/b/c.csv', bytes: 13, sha256: '2' },
    ];
    const deps = createDeps(world);
    const withFolder = { ...deps, workspace: { ...deps.workspace, manifest: async () => files } };
    const found = await prepareChannel('training', { from: { kind: 'folder', path: 'data' } }, settings, withFolder);
    if (!('content' in found)) throw new Error(found.problem.message);
    world.objects.set(`${found.content.uri}a.csv`, '/data/a.csv');
    await upload([found.content], deps);
    expect(world.calls.filter((call) => call === 'objects.writeFile')).toHaveLength(1);
    expect(world.objects.get(`${found.content.uri}b/c.csv`)).toBe('/data/b/c.csv');
    await upload([found.content], deps);
    const place = `s3://models/trainyard/pr/7/data/${found.content.hash.slice(0, 10)}…/`;
    expect(world.lines).toEqual([
      `data.training: uploading 1 of 2 files to ${place}.`,
      `data.training: 2 files already at ${place}.`,
    ]);
  });

  test.each([
    ['an S3 prefix is used where it is', { from: { kind: 's3', uri: 's3://models/dogs/' } as const }, 's3://models/dogs/'],
    [
      'staged data is used',
      { from: { kind: 'https', url: 'https://example.org/a.zip' } as const, to: 's3://models/dogs/' },
      's3://models/dogs/',
    ],
  ])('%s', async (_, channel, uri) => {
    const found = await prepareChannel('training', channel, settings, createDeps(createWorld()));
    expect(found).toMatchObject({ content: { uri, files: [] } });
  });

  test.each([
    [
      'an empty prefix',
      { from: { kind: 's3', uri: 's3://models/cats/' } as const },
      'There is no object below s3://models/cats/.',
      'Check the prefix',
    ],
    [
      'data not staged',
      { from: { kind: 'https', url: 'https://example.org/a.zip' } as const, to: 's3://models/cats/' },
      'no object below s3://models/cats/',
      'action stage-data',
    ],
    [
      'data that cannot be staged',
      { from: { kind: 'https', url: 'https://example.org/a.zip' } as const },
      'no prefix to stage it to',
      'Add "to: s3://models/<prefix>" to data.training',
    ],
    ['an empty folder', { from: { kind: 'folder', path: 'data' } as const }, 'has no files', 'Name a folder with data'],
  ])('%s is a problem with a fix', async (_, channel, message, fix) => {
    const found = await prepareChannel('training', channel, settings, createDeps(createWorld()));
    expect(found).toMatchObject({ problem: { message: expect.stringContaining(message), fix: expect.stringContaining(fix) } });
  });
});

function follow(batches: LogLine[][], hosts: number) {
  const world = createWorld();
  const { log, clock } = createDeps(world);
  const next = async () => batches.shift() ?? [];
  return {
    world,
    follower: followLog({ label: 'multi', name: 'job', hosts }, spec.metrics, { logs: { open: () => ({ next }) }, log, clock }),
  };
}
const line = (host: string, text: string): LogLine => ({ host, at: new Date(0), text });

describe('the log', () => {
  test('of several hosts is one group that says who speaks; the first host makes the curve', async () => {
    const { world, follower } = follow([[line('algo-1', 'test loss: 2'), line('algo-2', 'test loss: 9')]], 2);
    await follower.poll();
    expect(world.lines).toEqual([]);
    follower.flush();
    expect(world.lines).toEqual(['group: multi: 2 log lines, test-loss 2', '  algo-1 | test loss: 2', '  algo-2 | test loss: 9']);
    expect(follower.curves()).toEqual([{ name: 'test-loss', values: [2] }]);
    follower.flush();
    expect(world.lines).toHaveLength(3);
  });

  test('is shown every ten seconds, or as soon as there is much of it', async () => {
    const { world, follower } = follow(
      [[line('algo-1', 'a')], [line('algo-1', 'b')], Array.from({ length: 200 }, () => line('algo-1', 'c'))],
      1,
    );
    await follower.poll();
    await world.clock.sleep(10_000);
    await follower.poll();
    expect(world.lines).toEqual(['group: multi: 2 log lines', '  a', '  b']);
    await follower.poll();
    expect(world.lines).toHaveLength(3 + 201);
  });

  test('keeps a bounded tail', async () => {
    const { follower } = follow([Array.from({ length: 500 }, (_, index) => line('algo-1', `${index} ${'x'.repeat(2_000)}`))], 1);
    await follower.poll();
    expect(follower.tail()).toHaveLength(40);
    expect(follower.tail().every((text) => text.length === 500)).toBe(true);
    expect(follower.tail().at(-1)).toMatch(/^499 /);
  });
});

test('progress is a line a change and one each 30 s', async () => {
  const world = createWorld();
  const { jobs, log, clock } = createDeps(world);
  putJob(world, 'job', { startsAfter: 5, trains: 3600 });
  const progress = createProgress(makeRecord({ name: 'job', price: world.price }), log);
  for (let second = 0; second < 80; second += 1) {
    const job = await jobs.describe('job');
    if (job) progress(job, clock.now(), ['test-loss 0.5']);
    await clock.sleep(1_000);
  }
  expect(world.lines).toEqual([
    'single: Starting, 0 s since it was created, nothing billed yet, test-loss 0.5',
    'single: Training, 0 s, $0 so far, test-loss 0.5',
    'single: Training, 30 s, $0.0019 so far, test-loss 0.5',
    'single: Training, 1 m 00 s, $0.0038 so far, test-loss 0.5',
  ]);
});

const at = (second: number) => new Date(Date.parse('2026-03-01T10:00:00.000Z') + second * 1000);

test('progress says what a job waits for and never goes back to an older answer', () => {
  const world = createWorld();
  const { log } = createDeps(world);
  const progress = createProgress(makeRecord({ name: 'job', price: world.price }), log);
  const pending = { status: 'Pending', start: at(1), message: 'Insufficient capacity,\nretrying' };
  const job = (more: Partial<TrainingJob>): TrainingJob => ({
    name: 'job',
    arn: 'arn',
    status: 'InProgress',
    secondaryStatus: 'Pending',
    created: at(0),
    transitions: [pending],
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    metrics: [],
    ...more,
  });
  const training = { status: 'Training', start: at(5), message: 'Training in progress' };
  progress(job({}), at(2), []);
  progress(job({ secondaryStatus: 'Training', trainingStarted: at(4), transitions: [pending, training] }), at(6), []);
  progress(job({}), at(7), []);
  expect(world.lines).toEqual([
    'single: Pending (Insufficient capacity, retrying), 2 s since it was created, nothing billed yet',
    'single: Training, 2 s, $0.0001 so far',
  ]);
});

const run = (label: string, more: Parameters<typeof makeRecord>[0]): Result => ({
  label,
  record: makeRecord({ label, ...more }),
});
const metric = (value: number) => ({ metrics: [{ name: 'test-loss', value }] });

describe('outputs', () => {
  test('name the best model by the metric, and the sum of the costs', () => {
    const results = [
      run('a', { model: 's3://a', costUsd: 0.1, ...metric(2) }),
      run('b', { model: 's3://b', costUsd: 0.2, ...metric(1) }),
    ];
    expect(getOutputs(results, spec)).toMatchObject({ model: 's3://b', costUsd: '0.3' });
  });

  test('name no model when several are equally good to us', () => {
    const results = [run('a', { model: 's3://a', costUsd: 0.1 }), run('b', { model: 's3://b', costUsd: 0.2 })];
    expect(getOutputs(results, spec).model).toBe('');
  });

  test('never call an unknown cost zero', () => {
    const results = [run('a', { model: 's3://a', costUsd: 0.1 }), run('b', {})];
    expect(getOutputs(results, spec)).toMatchObject({ model: 's3://a', costUsd: '' });
    expect(JSON.parse(getOutputs(results, spec).jobs)).toMatchObject([{ 'cost-usd': 0.1 }, { 'cost-usd': null }]);
    expect(getOutputs([{ label: 'c', record: undefined }], spec).costUsd).toBe('');
  });
});

describe('failures', () => {
  test('are none when every run ended well', () => {
    const reused = { status: 'reused', record: 'r', name: 'n', commit: 'c' } as const;
    expect(
      findFailure([
        { label: 'a', record: makeRecord() },
        { label: 'b', record: makeRecord({ state: reused }) },
      ]),
    ).toBeUndefined();
  });

  test('name each failed run, and how many did not fail', () => {
    const failed: RunState = { status: 'failed', reason: 'CapacityError: none', logTail: [] };
    const error = findFailure([
      { label: 'a', record: makeRecord() },
      { label: 'b', record: makeRecord({ state: failed }) },
      { label: 'c', error: new Error('odd'), record: undefined },
    ]);
    expect(error?.kind).toBe('capacity');
    expect(error?.message).toMatch(
      /The run b .*no capacity[\s\S]*The run c ended with an error nobody expected: odd[\s\S]*1 other run/,
    );
  });
});
