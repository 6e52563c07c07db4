import type { VolumePrice } from '../training/ec2/ports.ts';

/** USD for a GB of gp3 for a month: AWS's list price of us-east-1, quoted by cloudoptimo.com's guide to EBS prices, read 2026-11-22. */
const gp3: Readonly<Record<string, readonly [usdPerGbMonth: number, date: string]>> = { 'us-east-1': [0.08, '2026-11-22'] };

/** From the built-in table; what it does not have is unknown. */
export function findVolumePrice(region: string): VolumePrice {
  const entry = Object.hasOwn(gp3, region) ? gp3[region] : undefined;
  if (!entry) return { kind: 'unknown', why: `the built-in table has no price of gp3 volumes for the region ${region}` };
  const [usdPerGbMonth, date] = entry;
  return { kind: 'known', usdPerGbMonth, source: 'table', date };
}
