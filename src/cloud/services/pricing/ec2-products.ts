import { findShape } from '../../../prices/shape.ts';
import { ec2Prices } from './ec2-prices.generated.ts';
import { locations, type PricedProduct } from './price-document.ts';

/** One on-demand rate of an EC2 instance type. */
interface Ec2Price {
  readonly instanceType: string;
  readonly usdPerHour: number;
  readonly date: string;
}

/** On-demand prices of a region, of one type or of all. */
export function findProducts(region: string, instanceType?: string): Ec2Price[] {
  return Object.entries(ec2Prices[region] ?? {}).flatMap(([type, [usdPerHour, date]]) =>
    type === (instanceType ?? type) ? [{ instanceType: type, usdPerHour, date }] : [],
  );
}

/**
 * AmazonEC2's price list. Of every type the rows that mislead first: the free one of an unused capacity reservation, and those of
 * dedicated tenancy, which cost more; what they cost is the local cloud's own figure.
 */
export function listEc2Products(): PricedProduct[] {
  return Object.keys(ec2Prices).flatMap((region) =>
    findProducts(region).flatMap(({ instanceType, usdPerHour, date }) => {
      const row = (usdPerUnit: number, usage: string, more: Record<string, string>): PricedProduct => ({
        attributes: { ...listAttributes(region, instanceType, usage), ...more },
        productFamily: 'Compute Instance',
        serviceCode: 'AmazonEC2',
        usdPerUnit,
        unit: 'Hrs',
        description: `$${usdPerUnit} per On Demand Linux ${instanceType} Instance Hour`,
        date,
      });
      return [
        row(0, 'UnusedBox', { capacitystatus: 'UnusedCapacityReservation' }),
        row(Number((usdPerHour * 1.07).toFixed(6)), 'DedicatedUsage', { tenancy: 'Dedicated' }),
        row(usdPerHour, 'BoxUsage', {}),
      ];
    }),
  );
}

function listAttributes(region: string, instanceType: string, usage: string): Record<string, string> {
  const [location = region, prefix = region] = locations[region] ?? [];
  const shape = findShape(instanceType);
  return {
    servicecode: 'AmazonEC2',
    servicename: 'Amazon Elastic Compute Cloud',
    location,
    locationType: 'AWS Region',
    regionCode: region,
    instanceType,
    ...(shape && { vcpu: String(shape.vcpus), memory: `${shape.memoryGib} GiB` }),
    operatingSystem: 'Linux',
    preInstalledSw: 'NA',
    licenseModel: 'No License required',
    tenancy: 'Shared',
    capacitystatus: 'Used',
    marketoption: 'OnDemand',
    operation: 'RunInstances',
    // The first region's usage types have no prefix.
    usagetype: `${prefix === 'USE1' ? '' : `${prefix}-`}${usage}:${instanceType}`,
  };
}
