import type { RunContext } from '../../../src/records/context.ts';
import type { RunRecord } from '../../../src/records/record.ts';
import type { ReportInput } from '../../../src/report/input.ts';

export const now = new Date('2026-11-22T12:30:00Z');
export const headCommit = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
export const mainCommit = '9f8e7d6c5b4a39281706f5e4d3c2b1a098765432';

export const context: RunContext = {
  repository: { id: '42', owner: 'octo', name: 'models' },
  serverUrl: 'https://github.com',
  event: 'pull_request',
  commit: headCommit,
  ref: 'refs/pull/7/merge',
  defaultBranch: 'main',
  actor: 'octocat',
  pullRequest: { number: 7, title: 'Deeper network', headRef: 'deeper', baseRef: 'main', baseCommit: mainCommit, fork: false },
  workflow: { name: 'train', runId: '1234567', attempt: 1, job: 'report', step: '__run', matrix: 'null' },
};

/** A CPU or memory curve: a ramp up, a level with a little wobble, one sample every `every` seconds. */
function series(seconds: number, every: number, level: number): { at: number; percent: number }[] {
  const count = Math.floor(seconds / every);
  return Array.from({ length: count }, (_, index) => ({
    at: index * every,
    percent: Math.min(100, Math.max(0, level * Math.min(1, (index + 1) / 4) + 3 * Math.sin(index * 1.7))),
  }));
}

const base: RunRecord = {
  schema: 1,
  kind: 'training-job',
  rehearsal: false,
  repository: { id: '42', name: 'octo/models' },
  commit: headCommit,
  ref: 'refs/pull/7/merge',
  pullRequest: 7,
  workflow: { runId: '1234567', attempt: 1, job: 'train', step: '__self', matrix: 'null' },
  spec: { name: 'digits', path: 'trainyard.yml' },
  label: 'single',
  fingerprint: 'f'.repeat(64),
  name: 'digits-single-0123456789-a1',
  arn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/digits-single-0123456789-a1',
  region: 'us-east-1',
  asked: {
    instanceTypes: ['ml.m5.xlarge'],
    instanceCount: 1,
    volumeGb: 30,
    spot: false,
    maxRuntimeSeconds: 7200,
    image: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3',
    entryPoint: 'train.py',
    hyperparameters: { epochs: '30', 'batch-size': '48', 'learning-rate': '0.5' },
    ceilingUsd: 0.46,
  },
  machine: { instanceType: 'ml.m5.xlarge', instanceCount: 1, vcpus: 4, physicalCores: 2, memoryGib: 16, gpus: 0 },
  state: { status: 'completed' },
  times: {
    planned: '2026-11-22T12:00:00Z',
    created: '2026-11-22T12:00:02Z',
    trainingStarted: '2026-11-22T12:03:00Z',
    trainingEnded: '2026-11-22T12:20:52Z',
    updated: '2026-11-22T12:24:00Z',
  },
  transitions: [
    {
      status: 'Starting',
      start: '2026-11-22T12:00:02Z',
      end: '2026-11-22T12:02:20Z',
      message: 'Preparing the instances for training',
    },
    {
      status: 'Downloading',
      start: '2026-11-22T12:02:20Z',
      end: '2026-11-22T12:03:00Z',
      message: 'Downloading the training image',
    },
    {
      status: 'Training',
      start: '2026-11-22T12:03:00Z',
      end: '2026-11-22T12:20:12Z',
      message: 'Training image download completed. Training in progress.',
    },
    {
      status: 'Uploading',
      start: '2026-11-22T12:20:12Z',
      end: '2026-11-22T12:20:52Z',
      message: 'Uploading generated training model',
    },
    { status: 'Completed', start: '2026-11-22T12:20:52Z', end: '2026-11-22T12:20:52Z', message: 'Training job completed' },
  ],
  trainingSeconds: 1072,
  billedSeconds: 1112,
  price: { kind: 'known', usdPerHour: 0.23, source: 'pricing-api', quality: 'observed', date: '2026-11-22' },
  costUsd: (1112 * 0.23) / 3600,
  metrics: [
    { name: 'test-accuracy', value: 0.9527 },
    { name: 'test-loss', value: 0.1731 },
    { name: 'train-loss', value: 0.0412 },
  ],
  curves: [],
  utilisation: { coverage: 'complete', hosts: [{ host: 'algo-1', cpu: series(1072, 60, 52), memory: series(1072, 60, 12) }] },
  model: 's3://my-ml-bucket/trainyard/pr/7/jobs/digits-single-0123456789-a1/output/model.tar.gz',
  url: 'https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1#/jobs/digits-single-0123456789-a1',
  warnings: [],
};

export function record(changes: Partial<RunRecord> = {}): RunRecord {
  return { ...base, ...changes };
}

export const multi = record({
  label: 'multi',
  name: 'digits-multi-abcdef0123-a1',
  url: 'https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1#/jobs/digits-multi-abcdef0123-a1',
  asked: { ...base.asked, instanceTypes: ['ml.m5.large'], instanceCount: 2, ceilingUsd: 0.46 },
  machine: { instanceType: 'ml.m5.large', instanceCount: 2, vcpus: 2, physicalCores: 1, memoryGib: 8, gpus: 0 },
  times: { ...base.times, planned: '2026-11-22T12:00:01Z' },
  trainingSeconds: 612,
  billedSeconds: 660,
  price: { kind: 'known', usdPerHour: 0.115, source: 'table', quality: 'observed', date: '2026-10-30' },
  costUsd: (660 * 2 * 0.115) / 3600,
  utilisation: {
    coverage: 'complete',
    hosts: [
      { host: 'algo-1', cpu: series(612, 60, 88), memory: series(612, 60, 22) },
      { host: 'algo-2', cpu: series(612, 60, 81), memory: series(612, 60, 21) },
    ],
  },
});

export const baselineRecords = [
  record({
    commit: mainCommit,
    trainingSeconds: 1163,
    costUsd: (1200 * 0.23) / 3600,
    metrics: [
      { name: 'test-accuracy', value: 0.9411 },
      { name: 'test-loss', value: 0.2011 },
    ],
  }),
  {
    ...multi,
    commit: mainCommit,
    metrics: [{ name: 'test-accuracy', value: 0.9527 }],
    trainingSeconds: 605,
    costUsd: (655 * 2 * 0.115) / 3600,
  },
];

export function input(changes: Partial<ReportInput> = {}): ReportInput {
  return {
    spec: { name: 'digits' },
    records: [record(), multi],
    baseline: { commit: mainCommit, date: new Date('2026-11-19T09:00:00Z'), records: baselineRecords },
    context,
    budget: { perRunUsd: 5, perPullRequestUsd: 20, spending: { spentUsd: 0.3127, committedUsd: 0, unknown: [] } },
    notes: [],
    now,
    ...changes,
  };
}

export const failed = record({
  label: 'multi',
  name: 'digits-multi-abcdef0123-a1',
  asked: multi.asked,
  machine: multi.machine,
  times: { ...base.times, planned: '2026-11-22T12:00:01Z' },
  trainingSeconds: 31,
  billedSeconds: 74,
  price: multi.price,
  costUsd: (74 * 2 * 0.115) / 3600,
  metrics: [],
  utilisation: { coverage: 'none', hosts: [] },
  state: {
    status: 'failed',
    reason: "AlgorithmError: ValueError: could not convert string to float: 'n/a', exit code: 3",
    logTail: [
      'epoch 1/30 train loss: 1.204 test loss: 0.911',
      'Traceback (most recent call last):',
      '  File "/opt/ml/code/train.py", line 88, in <module>',
      '    rows = [float(value) for value in line.split(",")]',
      "ValueError: could not convert string to float: 'n/a'",
    ],
  },
});

const { trainingSeconds: _t, billedSeconds: _b, costUsd: _c, model: _m, ...unfinished } = base;

export const running: RunRecord = {
  ...unfinished,
  state: { status: 'submitted' },
  times: { planned: '2026-11-22T12:00:00Z', created: '2026-11-22T12:00:02Z', updated: '2026-11-22T12:00:05Z' },
  transitions: [{ status: 'Starting', start: '2026-11-22T12:00:02Z', message: 'Preparing the instances for training' }],
  metrics: [],
  utilisation: { coverage: 'none', hosts: [] },
};

export const stopRequested = {
  ...running,
  label: 'multi',
  name: 'digits-multi-abcdef0123-a1',
  state: { status: 'stop-requested', at: '2026-11-22T12:21:00Z', why: 'the workflow was cancelled' },
} satisfies RunRecord;

/** A hundred times what a comment can hold. */
export const many = Array.from({ length: 400 }, (_, index) =>
  record({
    label: `trial-${String(index + 1).padStart(3, '0')}`,
    name: `digits-trial-${index}-0123456789-a1`,
    times: { ...base.times, planned: new Date(Date.parse('2026-11-22T10:00:00Z') + index * 1000).toISOString() },
    metrics: [{ name: 'test-accuracy', value: 0.9 + (index % 50) / 1000 }],
  }),
);

const onDemand = { kind: 'known', usdPerHour: 0.192, source: 'pricing-api', quality: 'observed', date: '2026-11-22' } as const;
const spotPrice = { kind: 'known', usdPerHour: 0.0712, source: 'spot-history', quality: 'observed', date: '2026-11-22' } as const;

/** One machine on demand: launched 12:00:04, gone 12:20:40. */
export const onEc2 = record({
  label: 'ec2',
  on: 'ec2',
  name: 'digits-ec2-fedcba9876-a1',
  arn: 'arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0',
  asked: {
    ...base.asked,
    instanceTypes: ['m5.xlarge'],
    image: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
  },
  machine: { ...base.machine, instanceType: 'm5.xlarge' },
  times: { ...base.times, planned: '2026-11-22T12:00:02Z', created: '2026-11-22T12:00:04Z' },
  transitions: [
    { status: 'Starting', start: '2026-11-22T12:00:04.000Z', end: '2026-11-22T12:00:58.400Z' },
    { status: 'Downloading', start: '2026-11-22T12:00:58.400Z', end: '2026-11-22T12:01:10.400Z' },
    { status: 'Training', start: '2026-11-22T12:01:10.400Z', end: '2026-11-22T12:19:00.400Z' },
    { status: 'Uploading', start: '2026-11-22T12:19:00.400Z', end: '2026-11-22T12:19:12.000Z' },
    { status: 'Completed', start: '2026-11-22T12:20:40.000Z', end: '2026-11-22T12:20:40.000Z' },
  ],
  ec2: {
    image: {
      id: 'ami-0abc',
      parameter: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
      name: 'al2023-ami',
    },
    machines: [
      {
        id: 'i-0123456789abcdef0',
        instanceType: 'm5.xlarge',
        zone: 'us-east-1a',
        spot: false,
        launched: '2026-11-22T12:00:04.000Z',
        ended: '2026-11-22T12:20:40.000Z',
        reason: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
        price: onDemand,
        billedSeconds: 1236,
      },
    ],
    volumesUsd: 0.0011,
  },
  trainingSeconds: 1070,
  billedSeconds: 1236,
  price: onDemand,
  costUsd: (1236 * 0.192) / 3600 + 0.0011,
});

/** A spot machine that EC2 took back, and 90 s after its end the next one. */
export const interrupted = {
  ...onEc2,
  asked: { ...onEc2.asked, spot: true },
  transitions: [
    { status: 'Starting', start: '2026-11-22T11:50:00.000Z', end: '2026-11-22T11:51:00.000Z' },
    { status: 'Downloading', start: '2026-11-22T11:51:00.000Z', end: '2026-11-22T11:51:10.000Z' },
    { status: 'Training', start: '2026-11-22T11:51:10.000Z', end: '2026-11-22T11:58:00.000Z' },
    { status: 'Interrupted', start: '2026-11-22T11:58:34.000Z', end: '2026-11-22T11:58:34.000Z' },
    ...onEc2.transitions,
  ],
  ec2: {
    image: { id: 'ami-0abc', parameter: '/aws/service/x', name: 'al2023-ami' },
    machines: [
      {
        id: 'i-00000000000000001',
        instanceType: 'm5.xlarge',
        zone: 'us-east-1b',
        spot: true,
        launched: '2026-11-22T11:50:00.000Z',
        ended: '2026-11-22T11:58:34.000Z',
        reason: 'Server.SpotInstanceTermination: Spot instance termination',
        price: spotPrice,
        billedSeconds: 514,
      },
      ...(onEc2.ec2?.machines ?? []),
    ],
    volumesUsd: 0.0016,
  },
  trainingSeconds: 1480,
  billedSeconds: 1750,
  costUsd: (1236 * 0.192 + 514 * 0.0712) / 3600 + 0.0016,
} satisfies RunRecord;
