import type { Price } from '../records/record.ts';
import { ec2Prices } from './tables.generated.ts';

/** On-demand USD per hour of an EC2 machine (Linux, shared tenancy), from the built-in table. What it does not have is unknown. */
export function findEc2Price(instanceType: string, region: string): Price {
  const table = Object.hasOwn(ec2Prices, region) ? ec2Prices[region] : undefined;
  if (!table) return { kind: 'unknown', why: `the built-in table has no EC2 prices for the region ${region}` };
  const entry = Object.hasOwn(table, instanceType) ? table[instanceType] : undefined;
  if (!entry) return { kind: 'unknown', why: `the built-in table has no EC2 price for ${instanceType} in ${region}` };
  const [usdPerHour, date] = entry;
  return { kind: 'known', usdPerHour, source: 'table', quality: 'observed', date };
}
