import type { RunRecord } from '../../../src/records/record.ts';

/** A whole record of a completed run. */
export function makeRecord(more: Partial<RunRecord> = {}): RunRecord {
  const at = '2026-03-01T10:00:00.000Z';
  return {
    schema: 1,
    kind: 'training-job',
    rehearsal: false,
    repository: { id: '42', name: 'acme/dogs' },
    commit: 'c'.repeat(40),
    ref: 'refs/pull/7/merge',
    pullRequest: 7,
    workflow: { runId: '1001', attempt: 1, job: 'train', step: '__self', matrix: 'null' },
    spec: { name: 'dogs', path: 'trainyard.yml' },
    label: 'single',
    fingerprint: 'f'.repeat(64),
    name: 'dogs-single-0123456789-a1',
    region: 'us-east-1',
    asked: {
      instanceTypes: ['ml.m5.xlarge'],
      instanceCount: 1,
      volumeGb: 30,
      spot: false,
      maxRuntimeSeconds: 3600,
      image: 'image',
      entryPoint: 'train.py',
      hyperparameters: {},
    },
    machine: { instanceType: 'ml.m5.xlarge', instanceCount: 1 },
    state: { status: 'completed' },
    times: { planned: at, updated: at },
    transitions: [],
    price: { kind: 'unknown', why: 'none' },
    metrics: [],
    curves: [],
    utilisation: { coverage: 'none', hosts: [] },
    warnings: [],
    ...more,
  };
}
