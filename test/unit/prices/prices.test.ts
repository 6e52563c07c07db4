import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMarkUp, generate, readEc2Prices, readSageMakerQuotes } from '../../../scripts/generate/prices.ts';
import { findShape } from '../../../src/prices/shape.ts';
import { findTrainingPrice } from '../../../src/prices/training-price.ts';

const root = join(import.meta.dirname, '../../..');

describe('findTrainingPrice', () => {
  test.each([
    ['ml.m5.xlarge', 'us-east-1', 0.23, 'observed', '2026-09-28'],
    ['ml.m5.large', 'us-east-1', 0.115, 'observed', '2026-08-11'],
    ['ml.g5.2xlarge', 'us-east-1', 1.515, 'observed', '2026-08-20'],
    ['ml.m5.4xlarge', 'us-east-1', 0.9216, 'derived', '2026-07-20'],
    ['ml.m5.xlarge', 'us-west-2', 0.23, 'derived', '2026-09-01'],
    ['ml.m5.xlarge', 'eu-west-1', 0.257, 'observed', '2023-12-31'],
  ])('%s in %s is %d USD/h, %s on %s', (type, region, usdPerHour, quality, date) => {
    expect(findTrainingPrice(type, region)).toEqual({ kind: 'known', usdPerHour, source: 'table', quality, date });
  });

  test.each([
    ['ml.m5.xlarge', 'ap-south-2', 'no prices for the region ap-south-2'],
    ['ml.c5.large', 'us-east-1', 'no training price for ml.c5.large'], // hosts, but does not train
    ['ml.bogus', 'us-east-1', 'no training price for ml.bogus'],
    ['toString', 'us-east-1', 'no training price for toString'],
    ['ml.m5.xlarge', 'constructor', 'no prices for the region constructor'],
  ])('%s in %s is unknown, with the reason', (type, region, why) => {
    const price = findTrainingPrice(type, region);
    expect(price).toEqual({ kind: 'unknown', why: expect.stringContaining(why) });
  });
});

describe('findShape', () => {
  test.each([
    ['ml.m5.xlarge', { vcpus: 4, physicalCores: 2, memoryGib: 16, gpus: 0 }],
    ['m5.2xlarge', { vcpus: 8, physicalCores: 4, memoryGib: 32, gpus: 0 }],
    ['ml.g4dn.xlarge', { vcpus: 4, physicalCores: 2, memoryGib: 16, gpus: 1, gpuName: 'T4' }],
    ['ml.p3.2xlarge', { vcpus: 8, memoryGib: 61, gpus: 1, gpuName: 'V100' }],
    ['ml.bogus', undefined],
    ['__proto__', undefined],
  ])('%s', (type, shape) => {
    expect(findShape(type)).toEqual(shape);
  });
});

describe('the data', () => {
  test('gives the committed table', async () => {
    for (const { path, text } of await generate()) expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  test('has a source, a date and a positive price in every row', () => {
    for (const row of [...readEc2Prices(), ...readSageMakerQuotes().map(({ quote }) => quote)]) {
      expect(row).toMatchObject({ source: expect.stringMatching(/./), date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
      expect(row.usdPerHour).toBeGreaterThan(0);
    }
  });

  test('quotes follow the mark-up over EC2 within 0.7 %', () => {
    const ec2 = new Map(readEc2Prices().map((row) => [`${row.region} ml.${row.type}`, row]));
    const compared = readSageMakerQuotes().flatMap(({ quote }) => {
      const base = ec2.get(`${quote.region} ${quote.type}`);
      const markUp = base && findMarkUp(base.type);
      return base && markUp ? [{ quote, ratio: quote.usdPerHour / (base.usdPerHour * markUp) }] : [];
    });
    expect(compared.length).toBeGreaterThan(30);
    expect(compared.filter(({ ratio }) => Math.abs(ratio - 1) > 0.007)).toEqual([]);
  });
});
