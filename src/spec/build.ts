import { readSource } from './data-source.ts';
import { parseDuration } from './duration.ts';
import type { Written } from './schema.ts';
import type { Range, RolloutSpec, ScalingSpec, ServeSpec, SmokeCase, Spec, TrainRun, TuneSpec } from './spec.ts';
import { findNode, listLines, toVerbatim } from './tree.ts';
import type { Path, Tree } from './tree.ts';

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** Leaves out members that are undefined: an optional member of a spec is absent, never undefined. */
function defined<T extends object>(members: T): Defined<T> {
  // TypeScript cannot follow the filter.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** The spec of a valid file: defaults filled in, durations in seconds, lists for lists, values verbatim from the tree. */
export function buildSpec(written: Written, tree: Tree, path: string, environmentName: string | undefined): Spec {
  const { network, budget } = written;
  return defined({
    path,
    environmentName,
    name: written.name,
    region: written.region,
    bucket: written.bucket,
    roles: defined({ ...written.roles }),
    network: {
      subnets: network?.subnets ?? [],
      securityGroups: network?.['security-groups'] ?? [],
      isolation: network?.isolation ?? false,
    },
    kmsKey: written['kms-key'],
    tags: readVerbatim(tree, ['tags']),
    environment: readVerbatim(tree, ['environment']),
    volumeGb: written['volume-gb'] ?? 30,
    code: written.code && { directory: trimSlash(written.code.directory), entryPoint: written.code['entry-point'] },
    image: written.image,
    data: mapValues(written.data ?? {}, (channel) => defined({ from: readSource(channel.from), to: channel.to })),
    hyperparameters: readVerbatim(tree, ['hyperparameters']),
    metrics: { ...written.metrics },
    tune: written.tune && buildTune(written.tune, written, tree),
    train: written.train && {
      maxRuntimeSeconds: parseDuration(written.train['max-runtime']),
      runs: mapValues(written.train.runs, (run, label) => buildRun(run, label, tree)),
    },
    budget: defined({
      perRunUsd: budget?.['per-run'],
      perPullRequestUsd: budget?.['per-pull-request'],
      endpointPerMonthUsd: budget?.['endpoint-per-month'],
    }),
    serve: written.serve && buildServe(written.serve, written.image ?? '', tree),
    scaling: written.scaling && buildScaling(written.scaling),
    smoke: (written.smoke ?? []).map(buildSmoke),
    request: defined({ ...written.request }),
    lines: listLines(tree),
  });
}

function buildRun(run: NonNullable<Written['train']>['runs'][string], label: string, tree: Tree): TrainRun {
  const [first, ...fallbacks] = [run['instance-type']].flat();
  return defined({
    on: run.on ?? 'sagemaker',
    instanceTypes: [first ?? '', ...fallbacks] as const,
    instanceCount: run['instance-count'] ?? 1,
    volumeGb: run['volume-gb'],
    maxRuntimeSeconds: seconds(run['max-runtime']),
    spot: run.spot ?? false,
    maxWaitSeconds: seconds(run['max-wait']),
    keepAliveSeconds: seconds(run['keep-alive']),
    hyperparameters: readVerbatim(tree, ['train', 'runs', label, 'hyperparameters']),
  });
}

function buildTune(tune: NonNullable<Written['tune']>, written: Written, tree: Tree): TuneSpec {
  const [goal = '', metric = ''] = tune.objective.split(' ');
  return {
    objective: { goal: goal === 'maximize' ? 'maximize' : 'minimize', metric },
    strategy: tune.strategy ?? 'bayesian',
    ranges: mapValues(tune.ranges, (range, name) => buildRange(range, ['tune', 'ranges', name], tree)),
    maxJobs: tune['max-jobs'],
    maxParallelJobs: tune['max-parallel-jobs'] ?? 1,
    instanceType: tune['instance-type'],
    instanceCount: tune['instance-count'] ?? 1,
    // The checks have made sure that one of the two is there.
    maxRuntimeSeconds: parseDuration(tune['max-runtime'] ?? written.train?.['max-runtime'] ?? ''),
    earlyStopping: tune['early-stopping'] ?? false,
    warmStart: tune['warm-start'] ?? 'none',
  };
}

function buildRange(range: NonNullable<Written['tune']>['ranges'][string], path: Path, tree: Tree): Range {
  if (Array.isArray(range)) {
    const node = findNode(tree, path);
    return { kind: 'categorical', values: node?.kind === 'list' ? node.items.map(toVerbatim) : [] };
  }
  const sources = [findNode(tree, [...path, 'min']), findNode(tree, [...path, 'max'])].map((node) =>
    node ? toVerbatim(node) : '',
  );
  const integer = sources.every((source) => /^[+-]?\d+$/.test(source));
  return { kind: integer ? 'integer' : 'continuous', min: range.min, max: range.max, scale: range.scale ?? 'auto' };
}

function buildServe(serve: NonNullable<Written['serve']>, imageOfFile: string, tree: Tree): ServeSpec {
  return {
    entryPoint: serve['entry-point'],
    image: serve.image ?? imageOfFile,
    instanceType: serve['instance-type'],
    instanceCount: serve['instance-count'] ?? 1,
    strategy: serve.strategy ?? 'alias',
    environment: readVerbatim(tree, ['serve', 'environment']),
    lambda: { memoryMb: serve.lambda?.['memory-mb'] ?? 256, timeoutSeconds: seconds(serve.lambda?.timeout) ?? 30 },
    candidateTtlSeconds: seconds(serve['candidate-ttl']) ?? 7200,
    keepPreviousSeconds: seconds(serve['keep-previous']) ?? 3600,
    rollout: buildRollout(serve.rollout),
  };
}

function buildRollout(rollout: NonNullable<Written['serve']>['rollout']): RolloutSpec {
  const kind = rollout?.kind ?? 'all-at-once';
  const alarms = rollout?.alarms ?? [];
  // Without alarms nothing watches a step of all at once, so there is nothing to wait for.
  if (kind === 'all-at-once') return { kind, waitSeconds: seconds(rollout?.wait) ?? (alarms.length > 0 ? 300 : 0), alarms };
  // The checks have made sure that a share is there.
  return { kind, percent: rollout?.percent ?? 0, waitSeconds: seconds(rollout?.wait) ?? 300, alarms };
}

function buildScaling({ endpoint, lambda }: NonNullable<Written['scaling']>): ScalingSpec {
  return defined({
    endpoint: endpoint && {
      min: endpoint.min,
      max: endpoint.max,
      invocationsPerMinute: endpoint['invocations-per-minute'],
      scaleInCooldownSeconds: seconds(endpoint['scale-in-cooldown']) ?? 300,
      scaleOutCooldownSeconds: seconds(endpoint['scale-out-cooldown']) ?? 60,
    },
    lambda: lambda && defined({ ...lambda }),
  });
}

function buildSmoke({ name, event, expect, repeat, concurrency }: NonNullable<Written['smoke']>[number]): SmokeCase {
  const { file, url, json } = event;
  return {
    name,
    event: file !== undefined ? { file } : url !== undefined ? { url } : { json },
    expect: defined({
      status: expect.status,
      shape: expect.shape,
      withinSeconds: seconds(expect.within),
      argMax: expect['arg-max'],
      json: expect.json,
      golden: expect.golden,
    }),
    repeat: repeat ?? 1,
    concurrency: concurrency ?? 1,
  };
}

function readVerbatim(tree: Tree, path: Path): Record<string, string> {
  const node = findNode(tree, path);
  return node?.kind === 'map' ? Object.fromEntries([...node.entries].map(([name, value]) => [name, toVerbatim(value)])) : {};
}

function seconds(written: string | undefined): number | undefined {
  return written === undefined ? undefined : parseDuration(written);
}

function trimSlash(path: string): string {
  return path.replace(/^(?:\.\/)+(?=.)/, '').replace(/\/+$/, '');
}

function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  convert: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, convert(value, key)]));
}
