import { describe, expect, test } from '@jest/globals';
import { base, specOf } from './support.ts';

describe('values reach the script as written', () => {
  test.each([
    ['0.10', '0.10'],
    ['1e-3', '1e-3'],
    ['1.0', '1.0'],
    ['-0', '-0'],
    ['0x10', '0x10'],
    ['012', '012'],
    ['12345678901234567890', '12345678901234567890'],
    ['.5', '.5'],
    ['true', 'true'],
    ['True', 'True'],
    ['yes', 'yes'],
    ['resnet50', 'resnet50'],
    ["'0.10'", '0.10'],
    ['"a\\tb"', 'a\tb'],
    ["''", ''],
    ['2026-01-01', '2026-01-01'],
    ['[1, 0.10, a, true, null]', '[1,0.10,"a",true,null]'],
    ['{ a: 1e-3, b: { c: [x] } }', '{"a":1e-3,"b":{"c":["x"]}}'],
    ['[0x10, .5]', '[16,0.5]'],
  ])('%s', (written, verbatim) => {
    const spec = specOf(
      `${base}hyperparameters: { x: ${written} }\ntrain: { max-runtime: 1h, runs: { a: { instance-type: ml.m5.large, hyperparameters: { y: ${written} } } } }\n`,
    );
    expect(spec.hyperparameters).toEqual({ x: verbatim });
    expect(spec.train?.runs['a']?.hyperparameters).toEqual({ y: verbatim });
  });

  test('tags and environment variables too', () => {
    expect(specOf(`${base}tags: { cost: 007 }\nenvironment: { LR: 0.10 }\n`)).toMatchObject({
      tags: { cost: '007' },
      environment: { LR: '0.10' },
    });
  });
});

describe('defaults', () => {
  test('of the smallest file', () => {
    expect(specOf('name: a')).toEqual({
      path: 'trainyard.yml',
      name: 'a',
      roles: {},
      network: { subnets: [], securityGroups: [], isolation: false },
      tags: {},
      environment: {},
      volumeGb: 30,
      data: {},
      hyperparameters: {},
      metrics: {},
      budget: {},
      smoke: [],
      request: {},
      lines: { name: 1 },
    });
  });

  test('of a run', () => {
    const spec = specOf(`${base}train: { max-runtime: 90s, runs: { a: { instance-type: ml.m5.large } } }`);
    expect(spec.train).toEqual({
      maxRuntimeSeconds: 90,
      runs: { a: { on: 'sagemaker', instanceTypes: ['ml.m5.large'], instanceCount: 1, spot: false, hyperparameters: {} } },
    });
  });

  test('of tuning: the time limit is that of training', () => {
    const spec = specOf(`${base}metrics: { loss: (x) }
train: { max-runtime: 2h, runs: { a: { instance-type: ml.m5.large } } }
tune: { objective: maximize loss, max-jobs: 3, instance-type: ml.m5.large, ranges: { a: { min: 1, max: 9 }, b: { min: 1.0, max: 9 }, c: [0.10, x] } }
`);
    expect(spec.tune).toEqual({
      objective: { goal: 'maximize', metric: 'loss' },
      strategy: 'bayesian',
      ranges: {
        a: { kind: 'integer', min: 1, max: 9, scale: 'auto' },
        b: { kind: 'continuous', min: 1, max: 9, scale: 'auto' },
        c: { kind: 'categorical', values: ['0.10', 'x'] },
      },
      maxJobs: 3,
      maxParallelJobs: 1,
      instanceType: 'ml.m5.large',
      instanceCount: 1,
      maxRuntimeSeconds: 7200,
      earlyStopping: false,
      warmStart: 'none',
    });
  });

  test('of serving: the image of the file', () => {
    const spec = specOf(
      `${base}serve: { entry-point: i.py, instance-type: ml.m5.large }\nscaling: { endpoint: { min: 1, max: 2, invocations-per-minute: 30 } }`,
    );
    expect(spec).toMatchObject({
      serve: {
        image: 'scikit-learn-1.4-2',
        strategy: 'alias',
        lambda: { memoryMb: 256, timeoutSeconds: 30 },
        candidateTtlSeconds: 7200,
        keepPreviousSeconds: 3600,
      },
      scaling: { endpoint: { scaleInCooldownSeconds: 300, scaleOutCooldownSeconds: 60 } },
    });
  });
});

describe('sources of data', () => {
  test.each([
    ['from: data/', { from: { kind: 'folder', path: 'data' } }],
    ['from: ./data', { from: { kind: 'folder', path: 'data' } }],
    ['from: s3://bucket-a/x/', { from: { kind: 's3', uri: 's3://bucket-a/x/' } }],
    [
      "from: 'https://example.com/a.zip', to: s3://bucket-a/x",
      { from: { kind: 'https', url: 'https://example.com/a.zip' }, to: 's3://bucket-a/x' },
    ],
  ])('%s', (written, channel) => {
    expect(specOf(`${base}data: { training: { ${written} } }`).data).toEqual({ training: channel });
  });
});

describe('smoke cases', () => {
  test.each([
    ['event: { file: a.json }, expect: { within: 5s }', { event: { file: 'a.json' }, expect: { withinSeconds: 5 } }],
    [
      "event: { url: 'https://example.com/x' }, expect: { shape: [1, 133], arg-max: 7 }",
      { event: { url: 'https://example.com/x' }, expect: { shape: [1, 133], argMax: 7 } },
    ],
    [
      'event: { json: { a: null } }, expect: { json: { ok: true } }',
      { event: { json: { a: null } }, expect: { json: { ok: true } } },
    ],
  ])('%s', (written, smokeCase) => {
    expect(specOf(`${base}smoke: [{ name: one, ${written} }]`).smoke).toEqual([
      { name: 'one', repeat: 1, concurrency: 1, ...smokeCase },
    ]);
  });
});
