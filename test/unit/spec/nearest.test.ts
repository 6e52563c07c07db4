import { describe, expect, test } from '@jest/globals';
import { findNearestInstanceType, isInstanceType } from '../../../src/spec/instance-types.ts';
import { findNearest } from '../../../src/spec/nearest.ts';

describe('the nearest name', () => {
  const keys = ['instance-type', 'instance-count', 'max-runtime', 'on', 'spot'];
  test.each([
    ['instance-typ', 'instance-type'],
    ['instance_type', 'instance-type'],
    ['instnace-count', 'instance-count'],
    ['MAX-RUNTIME', 'max-runtime'],
    ['spto', 'spot'],
    ['one', 'on'],
    ['hyperparameters', undefined],
    ['', undefined],
    ['x'.repeat(5000), undefined],
  ])('of %s is %s', (name, nearest) => {
    expect(findNearest(name, keys)).toBe(nearest);
  });
});

describe('instance types', () => {
  test.each([
    ['ml.m5.xlarge', 'training', true],
    ['ml.m6i.2xlarge', 'training', true],
    ['ml.t3.medium', 'hosting', false],
    ['ml.t2.medium', 'hosting', true],
    ['ml.t2.medium', 'training', false],
    ['m5.xlarge', 'training', false],
  ] as const)('%s for %s: %s', (type, use, legal) => {
    expect(isInstanceType(type, use)).toBe(legal);
  });

  test.each([
    ['m5.xlarge', 'ml.m5.xlarge'],
    ['ml.m5.3xlarge', 'ml.m5.2xlarge'],
    ['ml.m5.xlrage', 'ml.m5.xlarge'],
    ['ml.g4d.xlarge', 'ml.g4dn.xlarge'],
    ['banana', undefined],
  ])('%s suggests %s', (type, nearest) => {
    expect(findNearestInstanceType(type, 'training')).toBe(nearest);
  });
});
