import { DescribeSpotPriceHistoryCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import { findEc2Price } from '../prices/ec2-price.ts';
import { findVolumePrice } from '../prices/volume-price.ts';
import type { Price } from '../records/record.ts';
import type { MachinePrices, VolumePrice } from '../training/ec2/ports.ts';
import type { Clients } from './clients.ts';
import { findPricingRegion } from './component-prices.ts';
import { toActionError } from './errors.ts';
import { readRates } from './price-list.ts';

const days = 24 * 3600_000;

/** Prices of EC2 from AWS now, else from the built-in tables, else unknown. Each is asked for once. */
export function createMachinePrices(clients: Clients): MachinePrices {
  const today = () => clients.clock.now().toISOString().slice(0, 10);

  /** The only rate of a product, or why there is none. */
  async function ask(what: string, wanted: Record<string, string>, unit: 'Hrs' | 'GB-Mo'): Promise<number | string> {
    const endpoint = findPricingRegion(clients.region);
    if (endpoint === undefined) return `the Pricing API cannot be asked from ${clients.region}`;
    const command = new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      Filters: Object.entries(wanted).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
      MaxResults: 100,
    });
    try {
      const { PriceList = [] } = await clients.of(PricingClient, { region: endpoint, maxAttempts: 3 }).send(command);
      const [rate, ...others] = readRates(PriceList.map(String), wanted, unit);
      if (rate === undefined) return `the Pricing API has no price for ${what}`;
      return others.length === 0 ? rate : `the Pricing API has ${others.length + 1} different prices for ${what}`;
    } catch (error) {
      return toActionError(error, { action: 'pricing:GetProducts', resource: what }).message;
    }
  }

  async function onDemand(instanceType: string, region: string): Promise<Price> {
    const wanted = {
      instanceType,
      regionCode: region,
      operatingSystem: 'Linux',
      preInstalledSw: 'NA',
      tenancy: 'Shared',
      capacitystatus: 'Used',
      marketoption: 'OnDemand',
    };
    const answer = await ask(`${instanceType} in ${region}`, wanted, 'Hrs');
    if (typeof answer === 'number') {
      return { kind: 'known', usdPerHour: answer, source: 'pricing-api', quality: 'observed', date: today() };
    }
    const table = findEc2Price(instanceType, region);
    return table.kind === 'known' ? table : { kind: 'unknown', why: `${answer}; ${table.why}` };
  }

  async function spot(instanceType: string, zone: string | undefined, at: Date): Promise<Price> {
    if (zone === undefined) return { kind: 'unknown', why: `the zone of the spot machine ${instanceType} is not known` };
    const command = new DescribeSpotPriceHistoryCommand({
      Filters: [
        { Name: 'instance-type', Values: [instanceType] },
        { Name: 'product-description', Values: ['Linux/UNIX'] },
      ],
      AvailabilityZone: zone,
      StartTime: new Date(at.getTime() - days),
      EndTime: at,
    });
    try {
      const { SpotPriceHistory = [] } = await clients.of(EC2Client).send(command);
      const [newest] = SpotPriceHistory.filter(({ Timestamp }) => Timestamp !== undefined && Timestamp <= at).toSorted(
        (a, b) => (b.Timestamp?.getTime() ?? 0) - (a.Timestamp?.getTime() ?? 0),
      );
      const usdPerHour = Number(newest?.SpotPrice);
      if (!(usdPerHour > 0))
        return { kind: 'unknown', why: `EC2 shows no spot price of ${instanceType} in ${zone} at that time` };
      return { kind: 'known', usdPerHour, source: 'spot-history', quality: 'observed', date: at.toISOString().slice(0, 10) };
    } catch (error) {
      return {
        kind: 'unknown',
        why: toActionError(error, { action: 'ec2:DescribeSpotPriceHistory', resource: instanceType }).message,
      };
    }
  }

  async function volume(region: string): Promise<VolumePrice> {
    const wanted = { volumeApiName: 'gp3', regionCode: region, locationType: 'AWS Region' };
    const answer = await ask(`gp3 volumes in ${region}`, wanted, 'GB-Mo');
    if (typeof answer === 'number') return { kind: 'known', usdPerGbMonth: answer, source: 'pricing-api', date: today() };
    const table = findVolumePrice(region);
    return table.kind === 'known' ? table : { kind: 'unknown', why: `${answer}; ${table.why}` };
  }

  return { onDemand: once(onDemand), spot, volume: once(volume) };
}

function once<Arguments extends readonly string[], Answer>(
  ask: (...given: Arguments) => Promise<Answer>,
): (...given: Arguments) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>();
  return (...given) => {
    const key = given.join('/');
    const answer = asked.get(key) ?? ask(...given);
    asked.set(key, answer);
    return answer;
  };
}
