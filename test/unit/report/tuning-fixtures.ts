import type { Trial, TuningRecord } from '../../../src/records/tuning-record.ts';
import { record } from './fixtures.ts';

const { workflow, rehearsal, repository, commit, ref, spec, fingerprint, region, machine, price } = record();

/** `digits-0123456789-a1-004-0000000d` */
function nameOf(index: number): string {
  return `digits-0123456789-a1-${String(index + 1).padStart(3, '0')}-${((index + 1) * 2_654_435_761).toString(16).padStart(8, '0').slice(-8)}`;
}

/** A trial whose learning rate is spread over the decades from 0.001 to 1, best near 0.1, with batch sizes in turn. */
export function trial(index: number, changes: Partial<Trial> = {}): Trial {
  const decade = -3 + 3 * ((index * 0.618 + 0.3) % 1);
  const learningRate = 10 ** decade;
  const batchSize = [32, 64, 128][index % 3] ?? 64;
  const seconds = 100 + ((index * 37) % 60);
  return {
    name: nameOf(index),
    status: 'completed',
    hyperparameters: { 'learning-rate': String(learningRate), 'batch-size': String(batchSize), layers: String(1 + (index % 5)) },
    objective: 0.1 + 0.3 * (decade + 1) ** 2 + 0.0005 * batchSize + ((index * 7) % 5) * 0.004,
    started: '2026-11-22T12:01:00Z',
    ended: '2026-11-22T12:03:00Z',
    trainingSeconds: seconds,
    billedSeconds: seconds,
    costUsd: (seconds * 0.23) / 3600,
    curves: [],
    ...changes,
  };
}

/** A finished search with its sum and its best put in order. */
export function search(trials: readonly Trial[], changes: Partial<TuningRecord> = {}): TuningRecord {
  const settled = trials.filter(({ status, objective }) => status === 'completed' && objective !== undefined);
  const best = settled.toSorted((a, b) => (a.objective ?? 0) - (b.objective ?? 0))[0];
  const unknown = trials.some(({ costUsd }) => costUsd === undefined);
  return {
    schema: 1,
    kind: 'tuning-job',
    rehearsal,
    repository,
    commit,
    ref,
    pullRequest: 7,
    workflow: { ...workflow, job: 'tune' },
    spec,
    fingerprint,
    name: 'digits-0123456789-a1',
    arn: 'arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/digits-0123456789-a1',
    region,
    asked: {
      objective: { goal: 'minimize', metric: 'test-loss' },
      strategy: 'bayesian',
      earlyStopping: true,
      ranges: {
        'learning-rate': { kind: 'continuous', min: 0.001, max: 1, scale: 'log' },
        'batch-size': { kind: 'categorical', values: ['32', '64', '128'] },
        layers: { kind: 'integer', min: 1, max: 8, scale: 'linear' },
      },
      maxJobs: trials.length || 4,
      maxParallelJobs: 2,
      instanceType: 'ml.m5.xlarge',
      instanceCount: 1,
      volumeGb: 30,
      maxRuntimeSeconds: 3600,
      image: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3',
      entryPoint: 'train.py',
      hyperparameters: { epochs: '30' },
      ceilingUsd: 3.1,
    },
    machine,
    state: { status: 'completed' },
    times: {
      planned: '2026-11-22T11:50:00Z',
      created: '2026-11-22T11:50:03Z',
      ended: '2026-11-22T11:59:00Z',
      updated: '2026-11-22T11:59:05Z',
    },
    price,
    trials: [...trials],
    ...(best && { best: { name: best.name, hyperparameters: best.hyperparameters, objective: best.objective } }),
    ...(unknown ? {} : { costUsd: trials.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0) }),
    url: 'https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1#/hyper-tuning-jobs/digits-0123456789-a1',
    warnings: [],
    ...changes,
  };
}

/** A trial without the members that only an end brings. */
export function unfinished(index: number): Trial {
  const { ended: _e, trainingSeconds: _t, billedSeconds: _b, costUsd: _c, objective: _o, ...rest } = trial(index);
  return { ...rest, status: 'in-progress', started: '2026-11-22T12:28:00Z' };
}
