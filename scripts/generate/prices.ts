import { TrainingInstanceType } from '@aws-sdk/client-sagemaker';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const data = join(import.meta.dirname, '../../data');

/** Rows of a CSV file without quotes; a row is read by column name, which must exist. */
export function readTable(file: string): ((column: string) => string)[] {
  const [header = '', ...lines] = readFileSync(join(data, file), 'utf8').trimEnd().split('\n');
  const columns = header.split(',');
  return lines.map((line, index) => {
    const cells = line.split(',');
    if (cells.length !== columns.length)
      throw new Error(`data/${file}:${index + 2} has ${cells.length} cells, not ${columns.length}.`);
    return (column) => {
      const cell = cells[columns.indexOf(column)];
      if (cell === undefined) throw new Error(`data/${file} has no column ${column}; it has ${header}.`);
      return cell;
    };
  });
}

export interface Quote {
  readonly type: string;
  readonly region: string;
  readonly usdPerHour: number;
  readonly source: string;
  readonly date: string;
}

const readQuote = (row: (column: string) => string): Quote => ({
  type: row('instance_type'),
  region: row('region'),
  usdPerHour: Number(row('usd_per_hour')),
  source: row('source'),
  date: row('date'),
});

export const readEc2Prices = (): Quote[] => readTable('ec2-on-demand.csv').map(readQuote);
/** The component a quote was for (Training, Hosting, …) beside the quote. */
export const readSageMakerQuotes = (): { quote: Quote; component: string }[] =>
  readTable('sagemaker-quotes.csv').map((row) => ({ quote: readQuote(row), component: row('component') }));

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

function trainingPrices(): Record<string, Record<string, Entry>> {
  const trains = new Set<string>(Object.values(TrainingInstanceType));
  const regions: Record<string, Record<string, Entry>> = {};
  const put = (region: string, type: string, entry: Entry) => {
    if (trains.has(type)) (regions[region] ??= {})[type] = entry;
  };
  for (const { type, region, usdPerHour, date } of readEc2Prices()) {
    const markUp = findMarkUp(type);
    if (markUp !== undefined) put(region, `ml.${type}`, [Number((usdPerHour * markUp).toFixed(6)), 'derived', date]);
  }
  for (const { quote, component } of readSageMakerQuotes()) {
    put(quote.region, quote.type, [
      quote.usdPerHour,
      component === 'Training' || component === 'Hosting' ? 'observed' : 'derived',
      quote.date,
    ]);
  }
  return regions;
}

/** The newest price of every type and region. */
function ec2Prices(): Record<string, Record<string, [usdPerHour: number, date: string]>> {
  const regions: Record<string, Record<string, [number, string]>> = {};
  for (const { type, region, usdPerHour, date } of readEc2Prices()) {
    const table = (regions[region] ??= {});
    const present = table[type];
    if (!present || present[1] < date) table[type] = [usdPerHour, date];
  }
  return regions;
}

type Cell = number | string | null;

function shapes(): Record<string, Cell[]> {
  const rows = readTable('instance-shapes.csv').map((row): [string, Cell[]] => {
    const numbers = ['vcpus', 'physical_cores', 'memory_gib', 'gpus'].map((column) =>
      row(column) === '' ? null : Number(row(column)),
    );
    return [row('instance_type'), row('gpu_name') === '' ? numbers : [...numbers, row('gpu_name')]];
  });
  return Object.fromEntries(rows);
}

function literal(table: Record<string, readonly Cell[]>, indent: string): string {
  const lines = Object.entries(table).map(
    ([key, row]) => `${indent}'${key}': ${JSON.stringify(row).replaceAll('"', "'").replaceAll(',', ', ')},`,
  );
  return `{\n${lines.join('\n')}\n${indent.slice(2)}}`;
}

/** The built-in tables of `src/prices/`, from `data/`. */
export async function generate(): Promise<{ path: string; text: string }[]> {
  const byRegion = (tables: Record<string, Record<string, readonly Cell[]>>) =>
    Object.entries(tables)
      .map(([region, table]) => `  '${region}': ${literal(table, '    ')},`)
      .join('\n');
  const text = `// Made by scripts/generate/prices.ts from data/*.csv, which has the sources. Do not edit.

/** EC2 type → vCPUs, physical cores (null: unknown), memory in GiB, GPUs, GPU name. */
export const shapes: Readonly<
  Record<string, readonly [vcpus: number, physicalCores: number | null, memoryGib: number, gpus: number, gpuName?: string]>
> = ${literal(shapes(), '  ')};

/** Region → instance type → USD per instance-hour, how it is known, and the day it was. */
export const trainingPrices: Readonly<
  Record<string, Readonly<Record<string, readonly [usdPerHour: number, quality: 'observed' | 'derived', date: string]>>>
> = {
${byRegion(trainingPrices())}
};

/** Region → EC2 type → on-demand USD per hour (Linux, shared tenancy), and the day it was read. */
export const ec2Prices: Readonly<Record<string, Readonly<Record<string, readonly [usdPerHour: number, date: string]>>>> = {
${byRegion(ec2Prices())}
};
`;
  return [{ path: 'src/prices/tables.generated.ts', text }];
}
