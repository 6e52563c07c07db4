import type * as ec2 from '@aws-sdk/client-ec2';
import { findProducts } from '../pricing/ec2-products.ts';
import { isType } from './instance-types.ts';
import type { Ec2Room } from './room.ts';
import { takePage } from './page.ts';
import { refuseDryRun } from './refuse.ts';

/**
 * Spot prices as parts of the on-demand price, by zone: those of c5.xlarge in us-east-1 (0.0889, 0.084, 0.0832 of 0.17 USD;
 * skypilot-catalog, one stored version). No other spot price of the time is known here; the ratio of one type is not that of another.
 */
const ratios: Readonly<Record<string, number>> = { a: 0.523, b: 0.494, c: 0.489 };

/** USD an hour; undefined for a type without an on-demand price. */
export function spotPriceOf(instanceType: string, zone: string): number | undefined {
  const region = zone.slice(0, -1);
  const onDemand = findProducts(region, instanceType)[0]?.usdPerHour;
  const ratio = ratios[zone.slice(-1)];
  return onDemand === undefined || ratio === undefined ? undefined : Number((onDemand * ratio).toFixed(4));
}

/** The price has been the same for as long as anybody asks: one entry a type and zone, from before the time asked for. */
export function describeSpotPriceHistory(
  input: ec2.DescribeSpotPriceHistoryRequest,
  { cloud, network }: Ec2Room,
): ec2.DescribeSpotPriceHistoryResult {
  refuseDryRun(input.DryRun);
  const read = (name: string) => (input.Filters ?? []).find((filter) => filter.Name === name)?.Values;
  const types = input.InstanceTypes ?? read('instance-type') ?? [];
  const zones = network.zones.filter((zone) => zone === (input.AvailabilityZone ?? zone));
  const products = input.ProductDescriptions ?? read('product-description') ?? ['Linux/UNIX'];
  const linux = products.some((product) => product.startsWith('Linux/UNIX'));
  const since = new Date((input.StartTime ?? cloud.clock.now()).getTime() - 3_600_000);
  const prices = (linux ? types.filter(isType) : []).flatMap((type) =>
    zones.flatMap((zone) => {
      const price = spotPriceOf(type, zone);
      if (price === undefined) return [];
      return [
        {
          AvailabilityZone: zone,
          InstanceType: type,
          ProductDescription: 'Linux/UNIX' as const,
          SpotPrice: price.toFixed(6),
          Timestamp: since,
        },
      ];
    }),
  );
  const { items, NextToken = '' } = takePage(prices, {
    ...input,
    NextToken: input.NextToken === '' ? undefined : input.NextToken,
  });
  return { SpotPriceHistory: items, NextToken };
}
