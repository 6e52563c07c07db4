import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import type { Price } from '../records/record.ts';
import type { Clients } from './clients.ts';
import { toActionError } from './errors.ts';
import { readPrices } from './price-list.ts';

interface Source {
  /** Region the Pricing API is asked from. */
  readonly from: string;
  /** What the machines are for, in the price list's word. */
  readonly component: 'Training' | 'Hosting';
  readonly findInTable: (instanceType: string, region: string) => Price;
}

/** Regions with an endpoint of the Pricing API, by the region asked from; undefined where prices are not in USD or not offered. */
export function findPricingRegion(region: string): string | undefined {
  if (/^(cn|us-gov|us-iso)/.test(region)) return undefined;
  if (/^(eu|af|me|il)-/.test(region)) return 'eu-central-1';
  return region.startsWith('ap-') ? 'ap-south-1' : 'us-east-1';
}

/** Prices of SageMaker's instances from AWS now, else from the built-in table, else unknown. Each type is asked for once. */
export function createComponentPrices(
  clients: Clients,
  { from, component, findInTable }: Source,
): (instanceType: string, region: string) => Promise<Price> {
  const asked = new Map<string, Promise<Price>>();
  const kind = component.toLowerCase();

  async function ask(instanceType: string, region: string): Promise<Price | string> {
    const endpoint = findPricingRegion(from);
    if (endpoint === undefined) return `the Pricing API cannot be asked from ${from}`;
    const filters = { instanceName: instanceType, regionCode: region, component, locationType: 'AWS Region' };
    const command = new GetProductsCommand({
      ServiceCode: 'AmazonSageMaker',
      Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
      MaxResults: 100,
    });
    try {
      const { PriceList = [] } = await clients.of(PricingClient, { region: endpoint, maxAttempts: 3 }).send(command);
      const found = readPrices(PriceList.map(String), { instanceType, region, component });
      const [usdPerHour, ...others] = found;
      if (usdPerHour === undefined) return `the Pricing API has no ${kind} price for ${instanceType} in ${region}`;
      if (others.length > 0)
        return `the Pricing API has ${found.length} different ${kind} prices for ${instanceType} in ${region}`;
      const date = clients.clock.now().toISOString().slice(0, 10);
      return { kind: 'known', usdPerHour, source: 'pricing-api', quality: 'observed', date };
    } catch (error) {
      return toActionError(error, { action: 'pricing:GetProducts', resource: instanceType }).message;
    }
  }

  async function find(instanceType: string, region: string): Promise<Price> {
    const answer = await ask(instanceType, region);
    if (typeof answer !== 'string') return answer;
    const table = findInTable(instanceType, region);
    return table.kind === 'known' ? table : { kind: 'unknown', why: `${answer}; ${table.why}` };
  }

  return (instanceType, region) => {
    const key = `${region}/${instanceType}`;
    const price = asked.get(key) ?? find(instanceType, region);
    asked.set(key, price);
    return price;
  };
}
