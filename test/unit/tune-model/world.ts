import type { EndDeps, Settings, TuneDeps } from '../../../src/actions/tune-model/deps.ts';
import type { TuningStore } from '../../../src/records/store.ts';
import type { TuningRecord } from '../../../src/records/tuning-record.ts';
import type { Spec, TuneSpec } from '../../../src/spec/spec.ts';
import type { TrainingJob, TuningJob, TuningJobRequest, TuningJobs, TuningTrial } from '../../../src/training/ports.ts';
import {
  createDeps as createTrainDeps,
  createWorld as createTrainWorld,
  spec as trainSpec,
  settings as trainSettings,
} from '../train-model/world.ts';
import type { World as TrainWorld } from '../train-model/world.ts';

interface TrialBehaviour {
  readonly seconds?: number;
  readonly objective?: number | undefined;
  readonly end?: 'Completed' | 'Failed';
  readonly failureReason?: string;
}

/** The world of training with tuning jobs beside it: trials run one after the other in as many places as the search has. */
export interface World extends TrainWorld {
  readonly tunings: Map<string, FakeTuning>;
  /** What the n-th trial does, from 1. */
  trial: (number: number) => TrialBehaviour;
}

interface FakeTuning {
  readonly request: TuningJobRequest;
  readonly created: number;
  readonly tags: Record<string, string>;
  stoppedAt?: number;
}

const startSeconds = 2;
const stopSeconds = 3;

export function createWorld(account?: string): World {
  return Object.assign(createTrainWorld(account), {
    tunings: new Map<string, FakeTuning>(),
    trial: (number: number): TrialBehaviour => ({ objective: 1 / number }),
  });
}

export const tune: TuneSpec = {
  objective: { goal: 'minimize', metric: 'test-loss' },
  strategy: 'bayesian',
  ranges: {
    'learning-rate': { kind: 'continuous', min: 0.001, max: 0.1, scale: 'log' },
    'batch-size': { kind: 'categorical', values: ['32', '64'] },
  },
  maxJobs: 4,
  maxParallelJobs: 2,
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  maxRuntimeSeconds: 3600,
  earlyStopping: false,
  warmStart: 'none',
};

export const spec: Spec = { ...trainSpec, hyperparameters: { epochs: '5', 'batch-size': '16' }, tune };
const { region, bucket, roleArn, code, image } = trainSettings;
export const settings: Settings = {
  spec,
  tune,
  region,
  bucket,
  roleArn,
  code,
  image,
  hyperparameters: {},
  maxCostUsd: undefined,
  allowUnknownPrice: false,
  force: false,
  wait: true,
};

const arnOf = (name: string) => `arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/${name}`;

/** When each trial starts and ends, were nobody to stop the search. */
function schedule(world: World, { request, created }: FakeTuning): { number: number; starts: number; ends: number }[] {
  const places = Array.from({ length: request.maxParallelJobs }, () => created);
  return Array.from({ length: request.maxJobs }, (_, index) => {
    const place = places.indexOf(Math.min(...places));
    const starts = (places[place] ?? created) + startSeconds * 1000;
    const ends = starts + Math.min(world.trial(index + 1).seconds ?? 10, request.trial.maxRuntimeSeconds) * 1000;
    places[place] = ends;
    return { number: index + 1, starts, ends };
  });
}

function listTrials(world: World, tuning: FakeTuning): TuningTrial[] {
  const now = world.clock.now().getTime();
  const { stoppedAt = Infinity, request } = tuning;
  return schedule(world, tuning).flatMap(({ number, starts, ends }) => {
    if (starts - startSeconds * 1000 > Math.min(now, stoppedAt)) return [];
    const behaviour = world.trial(number);
    const cut = ends > stoppedAt ? stoppedAt + stopSeconds * 1000 : ends;
    const began = now >= starts && starts < cut;
    const over = now >= cut;
    const end = ends > stoppedAt ? 'Stopped' : (behaviour.end ?? 'Completed');
    const billed = starts < cut ? (cut - starts) / 1000 : 0;
    const name = `${request.name}-${String(number).padStart(3, '0')}-0000000${number}`;
    const job: TrainingJob = {
      name,
      arn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/${name}`,
      status: over ? end : now >= stoppedAt ? 'Stopping' : 'InProgress',
      secondaryStatus: over ? end : 'Training',
      created: new Date(starts - startSeconds * 1000),
      ...(began ? { trainingStarted: new Date(starts) } : {}),
      ...(over ? { trainingEnded: new Date(cut), trainingSeconds: billed, billableSeconds: billed } : {}),
      ...(over && behaviour.failureReason !== undefined ? { failureReason: behaviour.failureReason } : {}),
      transitions: [],
      instanceType: request.trial.instanceType,
      instanceCount: request.trial.instanceCount,
      metrics: [],
      ...(over && end === 'Completed' ? { model: `s3://models/jobs/${name}/output/model.tar.gz` } : {}),
    };
    const measured = over && end === 'Completed' && behaviour.objective !== undefined;
    return [
      {
        name,
        hyperparameters: { 'learning-rate': String(number / 100), 'batch-size': '64' },
        ...(measured ? { objective: behaviour.objective } : {}),
        job,
      },
    ];
  });
}

function describeTuning(world: World, tuning: FakeTuning): TuningJob {
  const trials = listTrials(world, tuning);
  const count = (status: string) => trials.filter(({ job }) => job.status === status).length;
  const running = trials.length - count('Completed') - count('Failed') - count('Stopped');
  const { request, created, stoppedAt } = tuning;
  const over = running === 0 && (stoppedAt !== undefined || trials.length === request.maxJobs);
  const measured = trials.filter(({ objective }) => objective !== undefined);
  const [best] = measured.toSorted((a, b) => (a.objective ?? 0) - (b.objective ?? 0));
  const fruitless = over && stoppedAt === undefined && measured.length === 0;
  return {
    name: request.name,
    arn: arnOf(request.name),
    status: over
      ? stoppedAt === undefined
        ? fruitless
          ? 'Failed'
          : 'Completed'
        : 'Stopped'
      : stoppedAt === undefined
        ? 'InProgress'
        : 'Stopping',
    ...(fruitless ? { failureReason: 'No training job succeeded.' } : {}),
    created: new Date(created),
    ...(over ? { ended: world.clock.now() } : {}),
    counts: { completed: count('Completed'), inProgress: running, failed: count('Failed'), stopped: count('Stopped') },
    ...(best ? { best: best.name } : {}),
  };
}

function createTunings(world: World): TuningJobs {
  const find = (name: string) => world.tunings.get(name);
  return {
    check: () => [],
    start: async (request) => {
      if (find(request.name)) return { outcome: 'exists' };
      world.tunings.set(request.name, { request, created: world.clock.now().getTime(), tags: { ...request.tags } });
      return { outcome: 'started', arn: arnOf(request.name) };
    },
    describe: async (name) => {
      const tuning = find(name);
      return tuning && describeTuning(world, tuning);
    },
    tags: async (arn) => find(arn.split('/').at(-1) ?? '')?.tags ?? {},
    stop: async (name) => {
      const tuning = find(name);
      if (!tuning) return 'missing';
      if (['Completed', 'Failed', 'Stopped'].includes(describeTuning(world, tuning).status)) return 'ended';
      tuning.stoppedAt ??= world.clock.now().getTime();
      return 'requested';
    },
    trials: async (name, known) => {
      const tuning = find(name);
      return tuning ? listTrials(world, tuning).map((trial) => known.get(trial.name) ?? trial) : [];
    },
  };
}

function createRecords(world: World): TuningStore {
  return {
    write: async (record) => {
      const index = world.searches.findIndex(({ name }) => name === record.name);
      world.searches.splice(index < 0 ? world.searches.length : index, 1, structuredClone(record));
    },
    readRun: async (runId) => world.searches.filter((record) => record.workflow.runId === runId),
    findByCommit: async (commit) => world.searches.filter((record) => record.commit === commit),
    findByFingerprint: async (fingerprint) =>
      world.searches.filter((record) => record.fingerprint === fingerprint && record.state.status === 'completed').toReversed(),
    listAll: async () => world.searches,
  };
}

/** @param life set `dead` and the process that holds these ports makes no further call, as after kill -9 */
export function createDeps(world: World, more: Partial<TuneDeps> = {}, life = { dead: false }): TuneDeps & EndDeps {
  const train = createTrainDeps(world, {}, life);
  return {
    ...train,
    jobs: hooked('jobs', createTunings(world), world, life),
    records: hooked('records', createRecords(world), world, life),
    logs: { open: () => ({ next: async () => [] }) },
    runs: train,
    mainRecords: { findByCommit: async () => [] },
    pullRequests: {
      mergeBase: async () => ({ commit: 'b'.repeat(40) }),
      history: async () => [{ commit: 'b'.repeat(40), date: new Date(0) }],
    },
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

/** The only record there is. */
export function only(world: World): TuningRecord {
  const [record, ...others] = world.searches;
  if (!record || others.length > 0) throw new Error(`There are ${world.searches.length} records.`);
  return record;
}
