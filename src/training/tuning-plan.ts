import type { Price } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';
import type { TuneSpec } from '../spec/spec.ts';
import { findCeilingUsd } from './cost.ts';
import { getTuningFingerprint } from './fingerprint.ts';
import { codePath, commonIngredients, commonRequest, type PlanBasis, queueSeconds } from './plan.ts';
import type { TuningJobRequest } from './ports.ts';

/** A search as it will be asked for; what the budget allows of it is decided after. */
export interface SearchPlan {
  readonly baseName: string;
  readonly fingerprint: string;
  readonly price: Price;
  readonly asked: TuningRecord['asked'];
  /** The most that one trial can cost; undefined while the price is unknown. */
  readonly trialCeilingUsd: number | undefined;
  /** From the create call until the search must be over. */
  readonly lifetimeSeconds: number;
  readonly request: (
    name: string,
    tags: Readonly<Record<string, string>>,
    more: Pick<TuningJobRequest, 'maxParallelJobs' | 'warmStart' | 'maxSearchSeconds'>,
  ) => TuningJobRequest;
}

/** Plans one search: pure, so the same spec, hashes and price always give the same request. */
export function planSearch(basis: PlanBasis, tune: TuneSpec, baseName: string, price: Price): SearchPlan {
  const { spec } = basis;
  const maxJobs = countTrials(tune);
  const { instanceType, instanceCount, maxRuntimeSeconds } = tune;
  const { volumeGb } = spec;
  const trialCeilingUsd = findCeilingUsd({
    prices: [price],
    instanceCount,
    maxRuntimeSeconds,
    keepAliveSeconds: 0,
    volumeGb,
    region: basis.region,
  });
  const varied = new Set(Object.keys(tune.ranges));
  const fixed = Object.entries({ ...spec.hyperparameters, ...basis.hyperparameters }).filter(([name]) => !varied.has(name));
  const hyperparameters = Object.fromEntries(fixed);
  const overrides = spec.request['tuning-job'] ?? {};
  const { objective, strategy, earlyStopping } = tune;
  const asked: TuningRecord['asked'] = {
    objective: { ...objective },
    strategy,
    earlyStopping,
    ranges: Object.fromEntries(Object.entries(tune.ranges).map(([name, range]) => [name, copyRange(range)])),
    maxJobs,
    maxParallelJobs: Math.min(tune.maxParallelJobs, maxJobs),
    instanceType,
    instanceCount,
    volumeGb,
    maxRuntimeSeconds,
    image: basis.image,
    entryPoint: basis.entryPoint,
    hyperparameters,
    ...(trialCeilingUsd === undefined ? {} : { ceilingUsd: maxJobs * trialCeilingUsd }),
  };
  const trial = {
    ...commonRequest(basis),
    script: { archive: `${codePath}/code.tar.gz`, entryPoint: basis.entryPoint },
    instanceType,
    instanceCount,
    volumeGb,
    maxRuntimeSeconds,
    hyperparameters,
  };
  return {
    baseName,
    fingerprint: getTuningFingerprint({ ...commonIngredients(basis), hyperparameters, overrides }, tune),
    price,
    asked,
    trialCeilingUsd,
    lifetimeSeconds: Math.ceil(maxJobs / asked.maxParallelJobs) * maxRuntimeSeconds + queueSeconds,
    request: (name, tags, more) => ({
      name,
      objective,
      strategy,
      ranges: tune.ranges,
      maxJobs,
      earlyStopping,
      trial,
      tags,
      overrides,
      ...more,
    }),
  };
}

/** A grid tries every combination of its values, whatever else is said. */
export function countTrials({ strategy, ranges, maxJobs }: TuneSpec): number {
  if (strategy !== 'grid') return maxJobs;
  return Object.values(ranges).reduce((product, range) => product * (range.kind === 'categorical' ? range.values.length : 1), 1);
}

function copyRange(range: TuneSpec['ranges'][string]): TuningRecord['asked']['ranges'][string] {
  return range.kind === 'categorical' ? { kind: range.kind, values: [...range.values] } : { ...range };
}
