import { findHostingPrice } from '../prices/hosting-price.ts';
import type { HostingPrices } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { createComponentPrices } from './component-prices.ts';

/** Hosting prices from AWS now, else from the built-in table, else unknown. Each type is asked for once. */
export function createHostingPrices(clients: Clients, { region }: { region: string }): HostingPrices {
  return { hosting: createComponentPrices(clients, { from: region, component: 'Hosting', findInTable: findHostingPrice }) };
}
