import { describe, expect, test } from '@jest/globals';
import type { Price } from '../../../src/records/record.ts';
import type { TrainRun } from '../../../src/spec/spec.ts';
import { planRun, type PlanBasis } from '../../../src/training/plan.ts';
import { settings, spec } from '../train-model/world.ts';

const price: Price = { kind: 'known', usdPerHour: 1, source: 'table', quality: 'observed', date: '2026-09-28' };
const run: TrainRun = {
  on: 'sagemaker',
  instanceTypes: ['ml.m5.xlarge'],
  instanceCount: 2,
  spot: false,
  hyperparameters: { rate: '0.10' },
};
const basis: PlanBasis = {
  spec,
  region: 'us-east-1',
  bucket: 'models',
  zone: { kind: 'main' },
  roleArn: settings.roleArn,
  image: settings.image,
  entryPoint: 'train.py',
  code: { hash: 'a', uri: 's3://models/trainyard/main/code/a/' },
  data: { training: { hash: 'd', uri: 's3://models/dogs/' } },
  hyperparameters: {},
};
const plan = (
  more: Partial<PlanBasis> = {},
  how: Partial<TrainRun> = {},
  prices: Record<string, Price> = { 'ml.m5.xlarge': price },
) => planRun({ ...basis, ...more }, 'single', { ...run, ...how }, 'dogs-single-0123456789', prices);
const request = (...args: Parameters<typeof plan>) => plan(...args).request('name-a1', 'ml.m5.xlarge', { team: 'vision' });

describe('a request', () => {
  test('has everything the service needs', () => {
    expect(request()).toMatchObject({
      name: 'name-a1',
      channels: [
        { name: 'code', s3Uri: 's3://models/trainyard/main/code/a/' },
        { name: 'training', s3Uri: 's3://models/dogs/' },
      ],
      outputS3Uri: 's3://models/trainyard/main/jobs',
      instanceCount: 2,
      maxRuntimeSeconds: 3600,
      metrics: [{ name: 'test-loss', regex: 'test loss: ([0-9.]+)' }],
      tags: { team: 'vision' },
    });
    expect(request()).not.toHaveProperty('checkpointS3Uri');
    expect(request()).not.toHaveProperty('maxWaitSeconds');
  });

  test('lays hyperparameters over each other: spec, run, input', () => {
    expect(request({ hyperparameters: { epochs: '7' } }).hyperparameters).toEqual({ epochs: '7', rate: '0.10' });
  });

  test('on spot has checkpoints and a time to wait', () => {
    expect(request({}, { spot: true, maxWaitSeconds: 7200 })).toMatchObject({
      maxWaitSeconds: 7200,
      checkpointS3Uri: 's3://models/trainyard/main/checkpoints/dogs-single-0123456789',
    });
    expect(request({}, { spot: true }).maxWaitSeconds).toBe(3600);
  });

  test.each<[string, Partial<TrainRun>, object]>([
    ['max-runtime', { maxRuntimeSeconds: 60 }, { maxRuntimeSeconds: 60 }],
    ['volume-gb', { volumeGb: 100 }, { volumeGb: 100 }],
    ['keep-alive', { keepAliveSeconds: 300 }, { keepAliveSeconds: 300 }],
  ])("takes the run's own %s", (_, how, expected) => {
    expect(request({}, how)).toMatchObject(expected);
  });
});

describe('a ceiling', () => {
  test('is the dearest type for all instances and all the time', () => {
    const prices = { 'ml.m5.xlarge': price, 'ml.m5.2xlarge': { ...price, usdPerHour: 2 } };
    const ceiling = plan({}, { instanceTypes: ['ml.m5.xlarge', 'ml.m5.2xlarge'] }, prices).asked.ceilingUsd ?? 0;
    expect(ceiling).toBeGreaterThan(2 * 2);
    expect(ceiling).toBeLessThan(2 * 2 * 1.05);
  });

  test('is unknown without a price', () => {
    expect(plan({}, {}, {}).asked).not.toHaveProperty('ceilingUsd');
  });
});

test('limits and prices do not change the fingerprint, what is trained does', () => {
  const { fingerprint } = plan();
  expect(plan({}, { maxRuntimeSeconds: 1, volumeGb: 9, keepAliveSeconds: 9 }, {}).fingerprint).toBe(fingerprint);
  expect(plan({ zone: { kind: 'release' } }).fingerprint).toBe(fingerprint);
  expect(plan({ data: { training: { hash: 'e', uri: 's3://models/dogs/' } } }).fingerprint).not.toBe(fingerprint);
});
