import { readEc2Prices } from './prices.ts';

/** What the local cloud's price list has of EC2, from `data/ec2-on-demand.csv`: the newest price of every type and region. */
export async function generate(): Promise<{ path: string; text: string }[]> {
  const regions: Record<string, Record<string, { usdPerHour: number; date: string }>> = {};
  for (const { region, type, usdPerHour, date } of readEc2Prices()) {
    const table = (regions[region] ??= {});
    const present = table[type];
    if (!present || present.date < date) table[type] = { usdPerHour, date };
  }
  const texts = Object.entries(regions).map(([region, table]) => {
    const rows = Object.entries(table).map(([type, { usdPerHour, date }]) => `    '${type}': [${usdPerHour}, '${date}'],`);
    return `  '${region}': {\n${rows.join('\n')}\n  },`;
  });
  const text = `// Made by scripts/generate/cloud-prices.ts from data/ec2-on-demand.csv, which has the sources. Do not edit.

/** Region → instance type → USD per hour on demand (Linux, shared tenancy), and the day it was read. */
export const ec2Prices: Readonly<Record<string, Readonly<Record<string, readonly [usdPerHour: number, date: string]>>>> = {
${texts.join('\n')}
};
`;
  return [{ path: 'src/cloud/services/pricing/ec2-prices.generated.ts', text }];
}
