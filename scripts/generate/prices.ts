import { TrainingInstanceType } from '@aws-sdk/client-sagemaker';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const data = join(import.meta.dirname, '../../data');

/** Rows of a CSV file without quotes, as objects by column name. */
export function readTable<Column extends string>(file: string, columns: readonly Column[]): Record<Column, string>[] {
  const [header, ...lines] = readFileSync(join(data, file), 'utf8').trimEnd().split('\n');
  if (header !== columns.join(',')) throw new Error(`data/${file} has the columns ${header}, not ${columns.join(',')}.`);
  return lines.map((line, index) => {
    const cells = line.split(',');
    if (cells.length !== columns.length)
      throw new Error(`data/${file}:${index + 2} has ${cells.length} cells, not ${columns.length}.`);
    return Object.fromEntries(columns.map((column, at) => [column, cells[at]])) as Record<Column, string>;
  });
}

const cpuFamilies = new Set(['t3', 'm5', 'm6i', 'm7i', 'c5', 'c6i', 'c7i', 'r5']);
const gpuFamilies = new Set(['g4dn', 'g5', 'g6']);
const bySize = new Map([
  ['p3.2xlarge', 1.25],
  ['p3.8xlarge', 1.2],
  ['p3.16xlarge', 1.15],
  ['p4d.24xlarge', 1.15],
  ['p5.48xlarge', 1.15],
]);

/** What SageMaker asks over EC2's on-demand price (data/README.md); undefined for families nobody has measured. */
export function findMarkUp(ec2Type: string): number | undefined {
  const [family = '', size] = ec2Type.split('.');
  if (cpuFamilies.has(family)) return 1.2;
  if (gpuFamilies.has(family)) return size === 'xlarge' ? 1.4 : 1.25;
  return bySize.get(ec2Type);
}

type Entry = [usdPerHour: number, quality: 'observed' | 'derived', date: string];

export const readEc2Prices = () => readTable('ec2-on-demand.csv', ['instance_type', 'region', 'usd_per_hour', 'source', 'date']);
export const readQuotes = () =>
  readTable('sagemaker-quotes.csv', ['instance_type', 'region', 'usd_per_hour', 'component', 'source', 'date']);

function trainingPrices(): Record<string, Record<string, Entry>> {
  const trains = new Set<string>(Object.values(TrainingInstanceType));
  const regions: Record<string, Record<string, Entry>> = {};
  const put = (region: string, type: string, entry: Entry) => {
    if (trains.has(type)) (regions[region] ??= {})[type] = entry;
  };
  for (const row of readEc2Prices()) {
    const markUp = findMarkUp(row.instance_type);
    if (markUp === undefined) continue;
    const usdPerHour = Number((Number(row.usd_per_hour) * markUp).toFixed(6));
    put(row.region, `ml.${row.instance_type}`, [usdPerHour, 'derived', row.date]);
  }
  for (const row of readQuotes()) {
    const quality = row.component === 'Training' || row.component === 'Hosting' ? 'observed' : 'derived';
    put(row.region, row.instance_type, [Number(row.usd_per_hour), quality, row.date]);
  }
  return regions;
}

type Cell = number | string | null;

function shapes(): Record<string, Cell[]> {
  const rows = readTable('instance-shapes.csv', [
    'instance_type',
    'vcpus',
    'physical_cores',
    'memory_gib',
    'gpus',
    'gpu_name',
    'source',
    'date',
  ]);
  return Object.fromEntries(
    rows.map((row) => {
      const numbers = [row.vcpus, row.physical_cores, row.memory_gib, row.gpus].map((cell) =>
        cell === '' ? null : Number(cell),
      );
      return [row.instance_type, row.gpu_name === '' ? numbers : [...numbers, row.gpu_name]];
    }),
  );
}

function literal(table: Record<string, readonly Cell[]>, indent: string): string {
  const lines = Object.entries(table).map(
    ([key, row]) => `${indent}'${key}': ${JSON.stringify(row).replaceAll('"', "'").replaceAll(',', ', ')},`,
  );
  return `{\n${lines.join('\n')}\n${indent.slice(2)}}`;
}

/** The built-in tables of `src/prices/`, from `data/`. */
export async function generate(): Promise<{ path: string; text: string }[]> {
  const regions = Object.entries(trainingPrices()).map(([region, table]) => `  '${region}': ${literal(table, '    ')},`);
  const text = `// Made by scripts/generate/prices.ts from data/*.csv, which has the sources. Do not edit.

/** EC2 type → vCPUs, physical cores (null: unknown), memory in GiB, GPUs, GPU name. */
export const shapes: Readonly<
  Record<string, readonly [vcpus: number, physicalCores: number | null, memoryGib: number, gpus: number, gpuName?: string]>
> = ${literal(shapes(), '  ')};

/** Region → instance type → USD per instance-hour, how it is known, and the day it was. */
export const trainingPrices: Readonly<
  Record<string, Readonly<Record<string, readonly [usdPerHour: number, quality: 'observed' | 'derived', date: string]>>>
> = {
${regions.join('\n')}
};
`;
  return [{ path: 'src/prices/tables.generated.ts', text }];
}
