import type { Service } from '../../contract.ts';
import * as schemas from '../../wire/schemas/pricing.generated.ts';
import { getProducts } from './get-products.ts';

/** The Pricing API, over the prices AWS was seen to quote. */
export function createPricing(): Service {
  return { name: 'pricing', schemas, handlers: { GetProducts: getProducts } };
}
