import type { Price } from '../records/record.ts';
import { trainingPrices } from './tables.generated.ts';

/** On-demand USD per instance-hour of a training instance, from the built-in table. What the table does not have is unknown. */
export function findTrainingPrice(instanceType: string, region: string): Price {
  const table = Object.hasOwn(trainingPrices, region) ? trainingPrices[region] : undefined;
  if (!table) return { kind: 'unknown', why: `the built-in table has no prices for the region ${region}` };
  const entry = Object.hasOwn(table, instanceType) ? table[instanceType] : undefined;
  if (!entry) return { kind: 'unknown', why: `the built-in table has no training price for ${instanceType} in ${region}` };
  const [usdPerHour, quality, date] = entry;
  return { kind: 'known', usdPerHour, source: 'table', quality, date };
}
