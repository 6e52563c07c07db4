import type { RunRecord } from '../../records/record.ts';
import { isOnEc2 } from '../../training/comparison.ts';
import { type Inline, lineBreak, type Text } from '../document.ts';
import { formatDuration, formatHourlyUsd, formatUsd, joinWords } from '../format.ts';
import { describeCost } from '../money.ts';

type Machine = NonNullable<RunRecord['ec2']>['machines'][number];
const listMachines = ({ ec2 }: RunRecord): readonly Machine[] => ec2?.machines ?? [];

/** `SageMaker`, or `EC2, us-east-1a` */
export function writeWhere(record: RunRecord): Text {
  if (!isOnEc2(record)) return ['SageMaker'];
  const zones = [...new Set(listMachines(record).flatMap(({ zone }) => zone ?? []))];
  return [['EC2', ...zones].join(', ')];
}

/** ` spot`; of a run on EC2 by what it got, which need not be what it asked for. */
export function describeMarket(record: RunRecord): string {
  const machines = listMachines(record);
  if (machines.length === 0) return record.asked.spot ? ' spot' : '';
  const spot = machines.filter((machine) => machine.spot).length;
  if (spot === machines.length) return ' spot';
  if (!record.asked.spot) return '';
  return spot === 0 ? ' on demand (no spot machine was to be had)' : ' spot, then on demand';
}

/** That a run had several machines, one after another. */
export function writeMachineCount(record: RunRecord): Inline[] {
  const { length } = listMachines(record);
  return length > 1 ? [lineBreak, `${length} machines, one after another`] : [];
}

/** Seconds of the bill that no machine was there for: EC2 bills a minute at least. */
export function countUnusedSeconds(record: RunRecord): number {
  return listMachines(record).reduce((sum, { launched, ended, billedSeconds }) => {
    if (ended === undefined || billedSeconds === undefined) return sum;
    return sum + Math.max(0, billedSeconds - Math.max(0, (Date.parse(ended) - Date.parse(launched)) / 1000));
  }, 0);
}

export function describeLeastBill(record: RunRecord): string {
  const unused = countUnusedSeconds(record);
  return unused < 0.5 ? '' : ` (a minute at least; there for ${formatDuration((record.billedSeconds ?? 0) - unused)})`;
}

/** The figure, and below it what it is made of. */
export function writeCostParts(record: RunRecord, ratio: string): Text {
  const cost = `${describeCost(record)}${ratio}`;
  if (record.state.status === 'reused' || record.state.status === 'refused') return [cost];
  return [cost, lineBreak, [...describeRates(record), describeVolume(record)].join(', ')];
}

function describeRates(record: RunRecord): string[] {
  const machines = listMachines(record);
  const rates = machines.length > 0 ? machines.map(describeRate) : [describeRate(record)];
  return [joinWords([...new Set(rates)])];
}

function describeRate({ price, spot = false }: Pick<RunRecord, 'price'> & { readonly spot?: boolean }): string {
  if (price.kind === 'unknown') return 'price unknown';
  const estimate = price.quality === 'derived' ? ' (estimate)' : '';
  return `${formatHourlyUsd(price.usdPerHour)}${spot ? ' spot' : ''}${estimate}`;
}

function describeVolume({ on, ec2, asked }: RunRecord): string {
  if (on !== 'ec2') return `${asked.volumeGb} GB volume not counted`;
  return `${asked.volumeGb} GB volume ${ec2?.volumesUsd === undefined ? 'not known yet' : formatUsd(ec2.volumesUsd)}`;
}
