import type { Price } from '../records/record.ts';
import { findTrainingPrice } from './training-price.ts';

/**
 * On-demand USD per instance-hour for hosting, from the built-in table of training prices: the two were the same on every type that
 * was compared (docs of the table: data/README.md), so this is an estimate. Types that do not train are unknown.
 */
export function findHostingPrice(instanceType: string, region: string): Price {
  const price = findTrainingPrice(instanceType, region);
  if (price.kind === 'known') return { ...price, quality: 'derived' };
  return { kind: 'unknown', why: `the built-in table has no price for ${instanceType} in ${region}` };
}
