import { ActionError } from '../../../src/action-error.ts';
import type { TrainDeps } from '../../../src/actions/train-model/deps.ts';
import type { Settings } from '../../../src/actions/train-model/deps.ts';
import type { RunContext } from '../../../src/records/context.ts';
import { Readable } from 'node:stream';
import type { StreamingObjectStore } from '../../../src/records/ports.ts';
import type { Price, RunRecord } from '../../../src/records/record.ts';
import type { TuningRecord } from '../../../src/records/tuning-record.ts';
import type { RecordStore } from '../../../src/records/store.ts';
import type { Log, StepResult } from '../../../src/runner/ports.ts';
import type { Spec } from '../../../src/spec/spec.ts';
import type { Clock } from '../../../src/time/clock.ts';
import type { TrainingJob, TrainingJobRequest, TrainingJobs } from '../../../src/training/ports.ts';

const anyRequest: TrainingJobRequest = {
  name: 'any',
  image: 'image',
  entrypoint: [],
  arguments: [],
  roleArn: 'role',
  channels: [],
  outputS3Uri: 's3://models/out',
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  volumeGb: 30,
  maxRuntimeSeconds: 3600,
  hyperparameters: {},
  environment: {},
  metrics: [],
  network: { subnets: [], securityGroups: [], isolation: false },
  tags: {},
  overrides: {},
};

/** A small AWS in memory, with a clock that moves only when somebody sleeps. */
export interface World {
  readonly jobs: Map<string, FakeJob>;
  readonly objects: Map<string, string>;
  readonly records: Map<string, RunRecord>;
  /** Records of searches. */
  readonly searches: TuningRecord[];
  readonly state: Map<string, unknown>;
  readonly outputs: Map<string, string>;
  readonly lines: string[];
  readonly calls: string[];
  readonly clock: Clock;
  readonly account: string;
  price: Price;
  /** What happens to jobs that are created from now on, by their name. */
  behaviour: (name: string) => Behaviour;
  /** Runs around every call of a port: throws to make it fail, before or after it took effect. */
  hook: (call: string, when: 'before' | 'after') => void | Promise<void>;
}

export interface Behaviour {
  /** Seconds from creation until training starts, and of training. */
  readonly startsAfter?: number;
  readonly trains?: number;
  readonly end?: 'Completed' | 'Failed' | 'Stopped';
  readonly secondary?: string;
  readonly failureReason?: string;
  readonly log?: readonly string[];
  /** Seconds a stop takes. */
  readonly stops?: number;
}

interface FakeJob {
  readonly request: TrainingJobRequest;
  readonly created: number;
  readonly behaviour: Behaviour;
  readonly tags: Record<string, string>;
  stoppedAt?: number;
}

const start = Date.parse('2026-03-01T10:00:00.000Z');

export function createWorld(account = '123456789012'): World {
  let now = start;
  return {
    jobs: new Map(),
    objects: new Map(),
    records: new Map(),
    searches: [],
    state: new Map(),
    outputs: new Map(),
    lines: [],
    calls: [],
    account,
    price: { kind: 'known', usdPerHour: 0.23, source: 'table', quality: 'observed', date: '2026-09-28' },
    behaviour: () => ({}),
    hook: () => undefined,
    clock: {
      now: () => new Date(now),
      sleep: async (ms, signal) => {
        if (!signal?.aborted) now += ms;
        // Lets other runs of the same step go on, as a real timer does.
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
  };
}

export function putJob(world: World, name: string, behaviour: Behaviour, tags: Record<string, string> = ourTags): void {
  world.jobs.set(name, { request: { ...anyRequest, name }, created: world.clock.now().getTime(), behaviour, tags });
}

export const context: RunContext = {
  repository: { id: '42', owner: 'acme', name: 'dogs' },
  serverUrl: 'https://github.com',
  event: 'pull_request',
  commit: 'c'.repeat(40),
  ref: 'refs/pull/7/merge',
  defaultBranch: 'main',
  actor: 'alice',
  pullRequest: {
    number: 7,
    title: 'Larger batches',
    headRef: 'batches',
    baseRef: 'main',
    baseCommit: 'b'.repeat(40),
    fork: false,
  },
  workflow: { name: 'train', runId: '1001', attempt: 1, job: 'train', step: '__self', matrix: 'null' },
};

const ourTags = { 'trainyard:repo': 'acme/dogs', 'trainyard:run': '1001' };

export const spec: Spec = {
  path: 'trainyard.yml',
  name: 'dogs',
  roles: { training: 'arn:aws:iam::123456789012:role/training' },
  network: { subnets: [], securityGroups: [], isolation: false },
  tags: { team: 'vision' },
  environment: {},
  volumeGb: 30,
  data: { training: { from: { kind: 's3', uri: 's3://models/dogs/' } } },
  hyperparameters: { epochs: '5' },
  metrics: { 'test-loss': 'test loss: ([0-9.]+)' },
  train: {
    maxRuntimeSeconds: 3600,
    runs: {
      single: { on: 'sagemaker', instanceTypes: ['ml.m5.xlarge'], instanceCount: 1, spot: false, hyperparameters: {} },
      multi: { on: 'sagemaker', instanceTypes: ['ml.m5.large'], instanceCount: 2, spot: false, hyperparameters: {} },
    },
  },
  budget: {},
  smoke: [],
  request: {},
  lines: { 'budget.per-run': 12 },
};

export const settings: Settings = {
  spec,
  region: 'us-east-1',
  bucket: 'models',
  roleArn: 'arn:aws:iam::123456789012:role/training',
  code: { directory: 'training', entryPoint: 'train.py' },
  image: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13-cpu',
  labels: ['single', 'multi'],
  hyperparameters: {},
  maxCostUsd: undefined,
  allowUnknownPrice: false,
  force: false,
  wait: true,
};

/** @param life set `dead` and the process that holds these ports makes no further call, as after kill -9 */
export function createDeps(world: World, more: Partial<TrainDeps> = {}, life = { dead: false }): TrainDeps {
  world.objects.set('s3://models/dogs/a.csv', '1,2');
  return {
    context,
    zone: { kind: 'pull-request', number: 7 },
    jobs: hooked('jobs', createJobs(world), world, life),
    records: hooked('records', createRecords(world), world, life),
    objects: hooked('objects', createObjects(world), world, life),
    stage: async () => undefined,
    logs: {
      open: (name) => {
        let shown = 0;
        return {
          next: async () => {
            const job = world.jobs.get(name);
            const lines = job && describeJob(world, job).trainingStarted ? (job.behaviour.log ?? ['test loss: 0.5']) : [];
            const fresh = lines.slice(shown);
            shown = lines.length;
            return fresh.map((text) => ({ host: 'algo-1', at: world.clock.now(), text }));
          },
        };
      },
    },
    utilisation: { read: async () => ({ coverage: 'complete', hosts: [] }) },
    prices: { training: async () => world.price },
    tuningRecords: {
      readRun: async (runId) => world.searches.filter((record) => record.workflow.runId === runId),
      listAll: async () => world.searches,
    },
    identity: { whoAmI: async () => ({ account: world.account, arn: `arn:aws:sts::${world.account}:assumed-role/ci/run` }) },
    workspace: {
      pack: async () => ({ archive: '/tmp/code.tar.gz', hash: 'a'.repeat(64), files: 3, bytes: 2_000 }),
      manifest: async () => [],
    },
    log: createLog(world),
    step: createStep(world),
    clock: world.clock,
    signal: new AbortController().signal,
    launcher: '/product/launcher.py',
    readText: async () => 'print("launch")',
    ...more,
  };
}

/** Every call of a port passes the world's hook before and after it takes effect. */
function hooked<T extends object>(port: string, target: T, world: World, life: { dead: boolean }): T {
  const never = new Promise<never>(() => undefined);
  return new Proxy(target, {
    get(object, property, receiver) {
      const member: unknown = Reflect.get(object, property, receiver);
      if (typeof member !== 'function' || property === 'check') return member;
      return async (...args: unknown[]) => {
        const call = `${port}.${String(property)}`;
        if (life.dead) return never;
        world.calls.push(call);
        await world.hook(call, 'before');
        if (life.dead) return never;
        const answer: unknown = await Reflect.apply(member, object, args);
        await world.hook(call, 'after');
        return life.dead ? never : answer;
      };
    },
  });
}

function createJobs(world: World): TrainingJobs {
  return {
    check: () => [],
    start: async (request) => {
      if (world.jobs.has(request.name)) return { outcome: 'exists' };
      const behaviour = world.behaviour(request.name);
      world.jobs.set(request.name, { request, created: world.clock.now().getTime(), behaviour, tags: { ...request.tags } });
      return { outcome: 'started', arn: arnOf(request.name) };
    },
    describe: async (name) => {
      const job = world.jobs.get(name);
      return job && describeJob(world, job);
    },
    tags: async (arn) => world.jobs.get(arn.split('/').at(-1) ?? '')?.tags ?? {},
    stop: async (name) => {
      const job = world.jobs.get(name);
      if (!job) return 'missing';
      const { status } = describeJob(world, job);
      if (status !== 'InProgress' && status !== 'Stopping') return 'ended';
      job.stoppedAt ??= world.clock.now().getTime();
      return 'requested';
    },
  };
}

const arnOf = (name: string) => `arn:aws:sagemaker:us-east-1:123456789012:training-job/${name}`;

/** A job as it stands by the world's clock. */
function describeJob(world: World, { request, created, behaviour, stoppedAt }: FakeJob): TrainingJob {
  const { startsAfter = 2, trains = 10, end = 'Completed', stops = 3 } = behaviour;
  const now = world.clock.now().getTime();
  const starts = created + startsAfter * 1000;
  const stopped = stoppedAt === undefined ? Infinity : stoppedAt + stops * 1000;
  const ends = Math.min(starts + trains * 1000, stopped);
  const over = now >= ends;
  const endedAs = stoppedAt !== undefined && ends === stopped ? 'Stopped' : end;
  const status = over ? endedAs : stoppedAt === undefined ? 'InProgress' : 'Stopping';
  const began = now >= starts && starts < ends;
  const billed = began ? (ends - starts) / 1000 : 0;
  return {
    name: request.name,
    arn: arnOf(request.name),
    status,
    secondaryStatus: over
      ? endedAs === end
        ? (behaviour.secondary ?? endedAs)
        : endedAs
      : status === 'Stopping'
        ? 'Stopping'
        : began
          ? 'Training'
          : 'Starting',
    created: new Date(created),
    ...(began ? { trainingStarted: new Date(starts) } : {}),
    ...(over ? { trainingEnded: new Date(ends), trainingSeconds: billed, billableSeconds: billed } : {}),
    ...(over && behaviour.failureReason !== undefined ? { failureReason: behaviour.failureReason } : {}),
    transitions: [],
    instanceType: request.instanceType,
    instanceCount: request.instanceCount,
    metrics: over && endedAs === 'Completed' ? [{ name: 'test-loss', value: 0.5 }] : [],
    ...(over && endedAs === 'Completed' ? { model: `s3://models/trainyard/pr/7/jobs/${request.name}/output/model.tar.gz` } : {}),
  };
}

function createRecords(world: World): RecordStore {
  const all = () => [...world.records.values()];
  return {
    write: async (record) => {
      world.records.set(record.name, structuredClone(record));
      if (record.model !== undefined) world.objects.set(record.model, 'model');
    },
    readRun: async (runId) => all().filter((record) => record.workflow.runId === runId),
    findByCommit: async (commit) => all().filter((record) => record.commit === commit),
    findByFingerprint: async (fingerprint) =>
      all().filter((record) => record.fingerprint === fingerprint && record.state.status === 'completed'),
    listAll: async () => all(),
  };
}

function createObjects(world: World): StreamingObjectStore {
  return {
    checkBucket: async (bucket) => {
      if (bucket === 'models') return;
      throw new ActionError({ kind: 'configuration', message: `The bucket ${bucket} does not exist.`, fix: 'Create it.' });
    },
    head: async (uri) => (world.objects.has(uri) ? { bytes: 1, etag: 'e' } : undefined),
    readText: async (uri) => world.objects.get(uri),
    openRead: async (uri) => Readable.from([world.objects.get(uri) ?? '']),
    writeText: async (uri, text) => void world.objects.set(uri, text),
    writeFile: async (uri, path) => void world.objects.set(uri, path),
    list: async (uri) =>
      [...world.objects]
        .filter(([key]) => key.startsWith(uri))
        .map(([key, text]) => ({ uri: key, bytes: text.length, etag: 'e' })),
  };
}

function createLog(world: World): Log {
  const add = (kind: string) => (line: string) => void world.lines.push(`${kind}${line}`);
  return {
    info: add(''),
    notice: add('notice: '),
    warning: add('warning: '),
    error: add('error: '),
    untrusted: (title, lines) => void world.lines.push(`group: ${title}`, ...lines.map((line) => `  ${line}`)),
    mask: () => undefined,
  };
}

function createStep(world: World): StepResult {
  return {
    output: (name, value) => void world.outputs.set(name, value),
    saveState: (name, value) => void world.state.set(name, structuredClone(value)),
    readState: (name) => world.state.get(name),
    summary: async () => undefined,
  };
}
