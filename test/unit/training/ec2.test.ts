import { describe, expect, test } from '@jest/globals';
import { findMachineImages, needsGpu, wantsGpu } from '../../../src/spec/machine-images.ts';
import { explainFailure } from '../../../src/training/failure.ts';
import { getClientToken, listCandidates } from '../../../src/training/ec2/candidates.ts';
import type { BoxStatus } from '../../../src/training/ec2/box.ts';
import { readBoxJob, type Sighting } from '../../../src/training/ec2/job-state.ts';
import { findMachineCeilingUsd, getBilledSeconds, sumMachines } from '../../../src/training/ec2/money.ts';
import type { Machine } from '../../../src/training/ec2/ports.ts';
import { parseSamples, summariseSamples } from '../../../src/training/ec2/samples.ts';

const at = (seconds: number) => new Date(Date.parse('2026-11-22T08:00:00Z') + seconds * 1000);
const machine = (more: Partial<Machine> = {}): Machine => ({
  id: 'i-1',
  state: 'running',
  instanceType: 'm5.xlarge',
  imageId: 'ami-1',
  spot: false,
  launched: at(0),
  tags: {},
  ...more,
});
const status: BoxStatus = {
  schema: 1,
  name: 'dogs-box-a1',
  instance: 'i-1',
  state: 'training',
  phases: [
    { status: 'Starting', start: at(30).toISOString(), end: at(31).toISOString() },
    { status: 'Training', start: at(31).toISOString() },
  ],
  logParts: 0,
  sampleParts: 0,
  model: false,
  updated: at(40).toISOString(),
};
const see = (more: Partial<Sighting>) =>
  readBoxJob({
    name: 'dogs-box-a1',
    arn: 'arn/i-1',
    machines: [machine()],
    recorded: [],
    status: undefined,
    model: 's3://b/model',
    console: ['panic'],
    now: at(50),
    ...more,
  });
const over = (reason: string) => machine({ state: 'terminated', reason, ended: at(60) });

describe('what a run on EC2 is', () => {
  const sightings: readonly (readonly [string, Partial<Sighting>, string, string])[] = [
    ['a machine that says nothing yet', {}, 'InProgress', 'Starting'],
    ['one that trains', { status }, 'InProgress', 'Training'],
    ['its last word while it bills on', { status: { ...status, state: 'completed' } }, 'InProgress', 'Ending'],
    ['its last word and its end', { status: { ...status, state: 'completed' }, machines: [over('x')] }, 'Completed', 'Completed'],
    [
      'SIGTERM at its limit',
      { status: { ...status, state: 'timed-out' }, machines: [over('x')] },
      'Stopped',
      'MaxRuntimeExceeded',
    ],
    ['a spot notice', { status: { ...status, state: 'interrupted' }, machines: [over('x')] }, 'Failed', 'Interrupted'],
    ['spot without a word', { status, machines: [over('Server.SpotInstanceTermination: x')] }, 'Failed', 'Interrupted'],
    ['somebody else', { status, machines: [over('Client.UserInitiatedShutdown: x')] }, 'Stopped', 'Stopped'],
    ['an end without a word', { status, machines: [over('Client.InstanceInitiatedShutdown: x')] }, 'Failed', 'Failed'],
    [
      'the word of an earlier machine',
      { status: { ...status, instance: 'i-0', state: 'interrupted' } },
      'InProgress',
      'Starting',
    ],
    ['a machine that EC2 forgot, at work', { status, machines: [] }, 'InProgress', 'Training'],
    ['the same, silent for long', { status, machines: [], now: at(1000) }, 'Failed', 'Failed'],
    ['one stopped machine, which bills its volume', { machines: [machine({ state: 'stopped' })] }, 'InProgress', 'Starting'],
  ];
  test.each(sightings)('%s', (_what, more, expected, secondary) => {
    expect(see(more)).toMatchObject({ status: expected, secondaryStatus: secondary });
  });

  test('begins with the launch, not with the program', () => {
    const { transitions, created } = see({ status: { ...status, state: 'completed' }, machines: [over('x')] });
    expect(created).toEqual(at(0));
    expect(transitions.map((one) => [one.status, one.start])).toEqual([
      ['Starting', at(0)],
      ['Training', at(31)],
      ['Completed', at(60)],
    ]);
  });

  test('shows a console only of a machine that said nothing', () => {
    expect(see({ status, machines: [over('x')] }).lastWords).toEqual(['panic']);
    expect(see({ status: { ...status, state: 'failed' }, machines: [over('x')] }).lastWords).toBeUndefined();
  });
});

describe('samples', () => {
  test('what is no sample is passed over', () => {
    const lines = ['{"at":1,"cpu":50,"memory":10}', 'no JSON', '{"at":-1,"cpu":5}', '{"at":2,"cpu":"9"}', '[]', 'null', ''];
    expect(parseSamples(lines.join('\n'))).toEqual([{ at: 1, cpu: 50, memory: 10 }]);
  });

  test('each machine counts from its own start', () => {
    const samples = [1, 2, 3, 1, 2].map((seconds) => ({ at: seconds, cpu: seconds * 10, gpu: 5 }));
    const window = { from: at(0), until: at(103), trainingStarts: [at(0), at(100)] };
    const { coverage, hosts } = summariseSamples(samples, window);
    expect(coverage).toBe('complete');
    expect(hosts[0]?.cpu.map((point) => point.at)).toEqual([1, 2, 3, 101, 102]);
    expect(hosts[0]?.gpu).toHaveLength(5);
    expect(summariseSamples(samples.slice(0, 3), window)).toMatchObject({
      coverage: 'partial',
      why: expect.stringContaining('1 of 2'),
    });
    expect(summariseSamples([], window)).toMatchObject({ coverage: 'none', hosts: [] });
  });

  test('a day of them is a thousand points with the same mean', () => {
    const samples = Array.from({ length: 86_400 }, (_, index) => ({ at: index, cpu: index % 2 === 0 ? 0 : 100 }));
    const { hosts } = summariseSamples(samples, { from: at(0), until: at(86_400), trainingStarts: [at(0)] });
    const points = hosts[0]?.cpu ?? [];
    expect(points.length).toBeLessThanOrEqual(1_000);
    expect(points.reduce((sum, { percent }) => sum + percent, 0) / points.length).toBeCloseTo(50, 0);
  });
});

describe('money', () => {
  const price = { kind: 'known', usdPerHour: 3.6, source: 'table', quality: 'observed', date: '2026-11-22' } as const;
  const volume = { kind: 'known', usdPerGbMonth: 0.73, source: 'table', date: '2026-11-22' } as const;
  const of = (billedSeconds?: number, known = true) => ({
    id: 'i',
    instanceType: 'm5.xlarge',
    spot: false,
    launched: at(0).toISOString(),
    price: known ? price : ({ kind: 'unknown', why: 'x' } as const),
    ...(billedSeconds === undefined ? {} : { billedSeconds }),
  });

  test('a minute at least, unknown while it runs', () => {
    expect(getBilledSeconds(at(0), at(3))).toBe(60);
    expect(getBilledSeconds(at(0), at(61.5))).toBe(61.5);
    expect(getBilledSeconds(at(0), undefined)).toBeUndefined();
  });

  test.each([
    [[of(100), of(50)], volume, { billedSeconds: 150, volumesUsd: (150 / 3600) * 0.01, costUsd: 0.15 + (150 / 3600) * 0.01 }],
    [[of(100), of()], volume, {}],
    [[of(100, false)], volume, { billedSeconds: 100, volumesUsd: (100 / 3600) * 0.01 }],
    [[of(100)], { kind: 'unknown', why: 'x' } as const, { billedSeconds: 100 }],
    [[], volume, { billedSeconds: 0, volumesUsd: 0, costUsd: 0 }],
  ])('%#: nothing unknown is added up', (machines, volumePrice, expected) => {
    const sum = sumMachines(machines, 10, volumePrice);
    expect(Object.keys(sum).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [key, value] of Object.entries(expected)) expect(sum).toHaveProperty(key, expect.closeTo(value, 9));
  });

  test('a ceiling holds whatever happens, or is unknown', () => {
    const run = { prices: [price], volumeGb: 10, volume, deadMansSeconds: 3600, spareSeconds: 1200, moreMachines: 3 };
    expect(findMachineCeilingUsd(run)).toBeCloseTo(2 * 3.61, 9);
    expect(findMachineCeilingUsd({ ...run, prices: [price, { kind: 'unknown', why: 'x' }] })).toBeUndefined();
  });
});

test('tokens differ for every machine that may be asked for', () => {
  const candidates = listCandidates({ instanceTypes: ['a', 'b'], spot: true }, ['s1', 's2'], 0);
  const tokens = candidates.flatMap((one) => [0, 1].map((ordinal) => getClientToken('job', one, ordinal)));
  expect(new Set(tokens).size).toBe(16);
  expect(Math.max(...tokens.map((token) => token.length))).toBeLessThanOrEqual(64);
  expect(listCandidates({ instanceTypes: ['a'], spot: true }, [], 3)).toEqual([
    { instanceType: 'a', subnet: undefined, spot: false },
  ]);
});

test.each([
  ['pytorch-2.13-gpu', true],
  ['pytorch-2.13-cpu', false],
  ['scikit-learn-1.4-2', false],
  ['763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13.0-cu133-amzn2023-sagemaker', true],
  ['my.registry/gpus-and-more:1', false],
  [undefined, false],
])('%s wants a GPU: %s', (image, wants) => expect(wantsGpu(image)).toBe(wants));

test('images fit the type', () => {
  expect(findMachineImages('g4dn.xlarge')?.every(needsGpu)).toBe(true);
  expect(findMachineImages('m5.xlarge')?.some(needsGpu)).toBe(false);
  expect(findMachineImages('x9.huge')).toBeUndefined();
});

test.each([
  ['MachineError: GET s3://b/k failed: 403 AccessDenied: no', 'permission', /roles\.ec2/],
  ['MachineError: The disk of the machine is full: raise volume-gb', 'input', /volume-gb/],
  ['MachineError: The machine i-1 ended without a last word: x.', 'aws', /console/],
  ['SpotInterruption: EC2 took the spot machine back (x).', 'capacity', /checkpoints/],
  ['AlgorithmError: the disk of MachineError: mine, exit code: 1', 'script', /Correct/],
  ['AlgorithmError: OSError: [Errno 28] No space left on device: x, exit code: 1', 'script', /volume-gb/],
] as const)('%s is explained', (reason, kind, fix) => {
  const failure = explainFailure({ reason, logTail: [], instanceType: 'm5.xlarge', entryPoint: 'train.py' });
  expect(failure).toMatchObject({ kind, fix: expect.stringMatching(fix) });
});

test.each([
  'MachineError: The disk of the machine is full (x): raise volume-gb of this run in trainyard.yml.\nmore',
  'AlgorithmError: The disk of the machine is full (x): raise volume-gb of this run in trainyard.yml.\nmore, exit code: 1',
])('what to raise when the disk is full is said once: %s', (reason) => {
  const { sentence, fix } = explainFailure({ reason, logTail: [], instanceType: 'm5.xlarge', entryPoint: 'train.py' });
  expect(sentence).toMatch(/The disk of the machine is full \(x\)\.$/);
  expect(fix).toBe('Raise volume-gb of this run in trainyard.yml.');
});
