import { describe, expect, test } from '@jest/globals';
import type { FilterType } from '@aws-sdk/client-pricing';
import { getProducts } from '../../../../src/cloud/services/pricing/get-products.ts';
import table from '../../../../src/cloud/services/pricing/products.json' with { type: 'json' };

interface Document {
  product: { productFamily: string; sku: string; attributes: Record<string, string> };
  terms: { OnDemand: Record<string, { priceDimensions: Record<string, { unit: string; pricePerUnit: { USD: string } }> }> };
  publicationDate: string;
}

const ask = (filters: Record<string, string>, type: FilterType = 'TERM_MATCH') =>
  getProducts({
    ServiceCode: 'AmazonSageMaker',
    Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: type, Field, Value })),
  });
const parse = (text: unknown): Document => JSON.parse(String(text));
const read = (filters: Record<string, string>): Document[] => (ask(filters).PriceList ?? []).map(parse);
const priceOf = (document: Document | undefined) =>
  Object.values(document?.terms.OnDemand ?? {}).flatMap((term) =>
    Object.values(term.priceDimensions).map(({ unit, pricePerUnit }) => [unit, pricePerUnit.USD]),
  );

const m5 = { instanceName: 'ml.m5.xlarge', regionCode: 'us-east-1' };

const filter = (Field: string, Value: string) => ({ Type: 'TERM_MATCH' as const, Field, Value });

describe('the price list', () => {
  test('asked rightly, it gives one document with one price', () => {
    const found = read({ ...m5, component: 'Training', productFamily: 'ML Instance' });
    expect(found).toHaveLength(1);
    expect(priceOf(found[0])).toEqual([['Hrs', '0.2300000000']]);
    expect(found[0]?.product.attributes).toMatchObject({
      instanceType: 'ml.m5.xlarge-Training',
      usagetype: 'USE1-Train:ml.m5.xlarge',
    });
    expect(found[0]?.publicationDate).toBe('2026-09-28T00:00:00Z');
  });

  test('asked by name alone, the first price is a wrong one', () => {
    expect(priceOf(read(m5)[0])).toEqual([['Hrs', '0.0000000000']]);
    const fees = read({ instanceName: 'ml.p4d.24xlarge', regionCode: 'us-east-1' }).filter(
      (document) => priceOf(document)[0]?.[0] === 'Quantity',
    );
    expect(fees.map((document) => document.product.attributes['component'])).toEqual([undefined]);
  });

  test.each([
    ['a type nobody quoted', { ...m5, instanceName: 'ml.m7i.xlarge' }],
    ['a region without quotes', { ...m5, regionCode: 'ap-south-1' }],
  ])('no price for %s', (_, filters) => expect(ask(filters).PriceList).toEqual([]));

  test.each([
    ['CONTAINS', { instanceName: 'm5.xl' }, 12],
    ['ANY_OF', { instanceName: 'ml.m5.large,ml.m5.xlarge' }, 24],
    ['EQUALS', { instanceName: 'ml.m5.large' }, 12],
  ] as const)('%s', (type, filters, count) => expect(ask(filters, type).PriceList).toHaveLength(count));

  test('pages give every product once', () => {
    const all: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = getProducts({ ServiceCode: 'AmazonSageMaker', MaxResults: 7, NextToken });
      all.push(...(page.PriceList ?? []).map(String));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    const skus = all.map((text) => parse(text).product.sku);
    expect(new Set(skus).size).toBe(skus.length);
    expect(skus.length).toBeGreaterThan(table.rows.length * 4);
  });

  test('a machine of EC2 has one rate, between those of a reservation nobody uses and of a machine of its own', () => {
    const find = (...more: ReturnType<typeof filter>[]) => {
      const Filters = [filter('instanceType', 'c5.xlarge'), filter('regionCode', 'us-east-1'), ...more];
      const { PriceList = [] } = getProducts({ ServiceCode: 'AmazonEC2', Filters });
      return PriceList.map((text: unknown) => Number(/"USD":"([0-9.]+)"/.exec(String(text))?.[1]));
    };
    expect(find()).toEqual([0, 0.1819, 0.17]);
    expect(find(filter('tenancy', 'Shared'), filter('capacitystatus', 'Used'), filter('operatingSystem', 'Linux'))).toEqual([
      0.17,
    ]);
  });

  test('other services have no list here', () => {
    expect(() => getProducts({ ServiceCode: 'AmazonS3' })).toThrow('AmazonSageMaker and AmazonEC2 only');
  });

  test('every price has a source and a date', () => {
    for (const row of table.rows) {
      expect(row.usdPerHour).toBeGreaterThan(0);
      expect(row.source).not.toBe('');
      expect(row.date).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
    }
  });
});
