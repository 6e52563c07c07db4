import type { Zone } from '../records/context.ts';
import { zoneUri } from '../records/keys.ts';
import type { Price, RunRecord } from '../records/record.ts';
import type { Spec, TrainRun } from '../spec/spec.ts';
import { findCeilingUsd } from './cost.ts';
import { getFingerprint, type Ingredients } from './fingerprint.ts';
import type { TrainingJobRequest } from './ports.ts';

/** A file or folder in S3 that jobs read, named by what it contains. */
export interface Content {
  readonly hash: string;
  /** s3:// prefix. */
  readonly uri: string;
}

/** What all runs of a step have in common. */
export interface PlanBasis {
  readonly spec: Spec;
  readonly region: string;
  readonly bucket: string;
  readonly zone: Zone;
  readonly roleArn: string;
  /** Full URI. */
  readonly image: string;
  readonly entryPoint: string;
  readonly code: Content;
  readonly data: Readonly<Record<string, Content>>;
  /** The input's, laid over the spec's and the run's. */
  readonly hyperparameters: Readonly<Record<string, string>>;
}

/** One run of `train.runs` as it will be asked for. */
export interface RunPlan {
  readonly label: string;
  readonly baseName: string;
  readonly fingerprint: string;
  readonly instanceTypes: readonly [string, ...string[]];
  readonly prices: Readonly<Record<string, Price>>;
  readonly asked: RunRecord['asked'];
  /** From the create call until the job must be over, in seconds. */
  readonly lifetimeSeconds: number;
  readonly keepAliveSeconds: number;
  readonly request: (name: string, instanceType: string, tags: Readonly<Record<string, string>>) => TrainingJobRequest;
}

/** Where the channel `code` brings the code and what starts it. */
export const codePath = '/opt/ml/input/data/code';

/**
 * How long a job may wait for its instances before the sweeper takes it for lost. It is not billed; SageMaker gives up on
 * capacity sooner.
 */
export const queueSeconds = 6 * 3600;

/** Plans one run: pure, so the same spec, hashes and prices always give the same requests. */
export function planRun(
  basis: PlanBasis,
  label: string,
  run: TrainRun,
  baseName: string,
  prices: Readonly<Record<string, Price>>,
): RunPlan {
  const { spec } = basis;
  const maxRuntimeSeconds = run.maxRuntimeSeconds ?? spec.train?.maxRuntimeSeconds ?? 86_400;
  const hyperparameters = { ...spec.hyperparameters, ...run.hyperparameters, ...basis.hyperparameters };
  const volumeGb = run.volumeGb ?? spec.volumeGb;
  const keepAliveSeconds = run.keepAliveSeconds ?? 0;
  const ceilingUsd = findCeilingUsd({
    prices: run.instanceTypes.map((type) => prices[type] ?? { kind: 'unknown', why: `no price of ${type} was read` }),
    instanceCount: run.instanceCount,
    maxRuntimeSeconds,
    keepAliveSeconds,
    volumeGb,
    region: basis.region,
  });
  const asked: RunPlan['asked'] = {
    instanceTypes: [...run.instanceTypes],
    instanceCount: run.instanceCount,
    volumeGb,
    spot: run.spot,
    maxRuntimeSeconds,
    image: basis.image,
    entryPoint: basis.entryPoint,
    hyperparameters,
    ...(ceilingUsd === undefined ? {} : { ceilingUsd }),
  };
  return {
    label,
    baseName,
    fingerprint: fingerprintOf(basis, run, hyperparameters),
    instanceTypes: run.instanceTypes,
    prices,
    asked,
    lifetimeSeconds: Math.max(maxRuntimeSeconds, run.maxWaitSeconds ?? 0) + queueSeconds,
    keepAliveSeconds,
    request: (name, instanceType, tags) => ({ ...requestOf(basis, run, asked, baseName), name, instanceType, tags }),
  };
}

function fingerprintOf(basis: PlanBasis, run: TrainRun, hyperparameters: Readonly<Record<string, string>>): string {
  return getFingerprint({
    ...commonIngredients(basis),
    hyperparameters,
    machines: { instanceTypes: run.instanceTypes, instanceCount: run.instanceCount, spot: run.spot },
    overrides: basis.spec.request['training-job'] ?? {},
  });
}

/** What decides the outcome of every job of a step alike. */
export function commonIngredients(basis: PlanBasis): Omit<Ingredients, 'hyperparameters' | 'machines' | 'overrides'> {
  const { spec } = basis;
  return {
    codeHash: basis.code.hash,
    entryPoint: basis.entryPoint,
    image: basis.image,
    data: Object.fromEntries(Object.entries(basis.data).map(([channel, content]) => [channel, content.hash])),
    environment: spec.environment,
    metrics: spec.metrics,
    isolation: spec.network.isolation,
  };
}

function requestOf(
  basis: PlanBasis,
  run: TrainRun,
  asked: RunPlan['asked'],
  baseName: string,
): Omit<TrainingJobRequest, 'name' | 'instanceType' | 'tags'> {
  const { spec } = basis;
  const zone = zoneUri(basis.bucket, basis.zone);
  return {
    ...commonRequest(basis),
    entrypoint: ['python3', `${codePath}/launcher.py`],
    arguments: [basis.entryPoint],
    // Spot jobs are interrupted and resumed; the folder is the run's, so its next job resumes too.
    ...(run.spot
      ? { checkpointS3Uri: `${zone}checkpoints/${baseName}`, maxWaitSeconds: run.maxWaitSeconds ?? asked.maxRuntimeSeconds }
      : {}),
    ...(run.keepAliveSeconds === undefined ? {} : { keepAliveSeconds: run.keepAliveSeconds }),
    instanceCount: run.instanceCount,
    volumeGb: asked.volumeGb,
    maxRuntimeSeconds: asked.maxRuntimeSeconds,
    hyperparameters: asked.hyperparameters,
    overrides: spec.request['training-job'] ?? {},
  };
}

/** What every training job of a step is asked for alike, those of a search, too. */
export function commonRequest({ spec, ...basis }: PlanBasis) {
  const data = Object.entries(basis.data).map(([name, content]) => ({ name, s3Uri: content.uri }));
  return {
    image: basis.image,
    roleArn: basis.roleArn,
    channels: [{ name: 'code', s3Uri: basis.code.uri }, ...data],
    outputS3Uri: `${zoneUri(basis.bucket, basis.zone)}jobs`,
    environment: spec.environment,
    metrics: Object.entries(spec.metrics).map(([name, regex]) => ({ name, regex })),
    network: spec.network,
    ...(spec.kmsKey === undefined ? {} : { kmsKey: spec.kmsKey }),
  } satisfies Partial<TrainingJobRequest>;
}
