import { findTrainingPrice } from '../prices/training-price.ts';
import type { Prices } from '../training/ports.ts';
import type { Clients } from './clients.ts';
import { createComponentPrices } from './component-prices.ts';

/** Training prices from AWS now, else from the built-in table, else unknown. Each type is asked for once. */
export function createPrices(clients: Clients, { region }: { region: string }): Prices {
  return { training: createComponentPrices(clients, { from: region, component: 'Training', findInTable: findTrainingPrice }) };
}
