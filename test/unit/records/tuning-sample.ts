import type { TuningRecord } from '../../../src/records/tuning-record.ts';

/** A whole record of a search that completed and whose trials are not told. */
export function makeTuningRecord(more: Partial<TuningRecord> = {}): TuningRecord {
  const at = '2026-03-01T10:00:00.000Z';
  return {
    schema: 1,
    kind: 'tuning-job',
    rehearsal: false,
    repository: { id: '42', name: 'acme/dogs' },
    commit: 'c'.repeat(40),
    ref: 'refs/pull/7/merge',
    pullRequest: 7,
    workflow: { runId: '1001', attempt: 1, job: 'train', step: '__self', matrix: 'null' },
    spec: { name: 'dogs', path: 'trainyard.yml' },
    fingerprint: 'e'.repeat(64),
    name: 'dogs-0123456789-a1',
    region: 'us-east-1',
    asked: {
      objective: { goal: 'minimize', metric: 'test-loss' },
      strategy: 'bayesian',
      earlyStopping: false,
      ranges: { rate: { kind: 'continuous', min: 0.1, max: 1, scale: 'auto' } },
      maxJobs: 4,
      maxParallelJobs: 2,
      instanceType: 'ml.m5.xlarge',
      instanceCount: 1,
      volumeGb: 30,
      maxRuntimeSeconds: 3600,
      image: 'image',
      entryPoint: 'train.py',
      hyperparameters: {},
    },
    machine: { instanceType: 'ml.m5.xlarge', instanceCount: 1 },
    state: { status: 'completed' },
    times: { planned: at, updated: at },
    price: { kind: 'unknown', why: 'none' },
    trials: [],
    warnings: [],
    ...more,
  };
}
