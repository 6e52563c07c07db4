import type { ProvisionedPrice } from '../prices/lambda-price.ts';
import { hoursPerMonth } from './serving-cost.ts';

/** USD a month for environments that are kept warm all the time; undefined when the price is unknown. */
export function findProvisionedUsdPerMonth(price: ProvisionedPrice, environments: number, memoryMb: number): number | undefined {
  if (environments === 0) return 0;
  return price.kind === 'known' ? price.usdPerGbSecond * (memoryMb / 1024) * environments * hoursPerMonth * 3600 : undefined;
}
