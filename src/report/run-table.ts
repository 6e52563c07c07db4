import type { RunRecord } from '../records/record.ts';
import { type Change, changeSince, chooseDuration, isOnEc2, metricOf } from '../training/comparison.ts';
import { findPrimaryMetric } from '../training/metric-direction.ts';
import { findOrigin } from '../training/search/origin.ts';
import { lineBreak, type Table, type Text } from './document.ts';
import { describeLeastBill, describeMarket, writeCostParts, writeMachineCount, writeWhere } from './ec2/machine-facts.ts';
import { listPhaseFacts } from './ec2/phase-facts.ts';
import type { Fact } from './fact.ts';
import { formatDuration, formatNumber, formatRatio, formatSigned } from './format.ts';
import type { ReportInput } from './input.ts';
import { describeCost } from './money.ts';
import { describeBriefly, findElapsed, iconOf } from './state.ts';
import { describeOrigin } from './tuning/origin.ts';
import { hasGpuSamples, hasNoJob, writeCpu, writeGpu, writeMemory } from './use-cells.ts';

const mostMetrics = 5;
const mostColumns = 4;

/** Metrics that get a place in the table: the one the verdict rests on, then the others by name. */
export function chooseMetrics(records: readonly RunRecord[], input: Pick<ReportInput, 'objective'>): string[] {
  const names = [...new Set(records.flatMap((record) => record.metrics.map((metric) => metric.name)))].sort();
  const primary = findPrimaryMetric(names, input.objective);
  return [...(primary === undefined ? [] : [primary]), ...names.filter((name) => name !== primary)].slice(0, mostMetrics);
}

/**
 * What each run was, took and brought, beside what it was on main. A few runs stand side by side as columns, which fits a
 * comment's width; many get one row each with the facts that matter most.
 */
export function writeRunTable(input: ReportInput, current: readonly RunRecord[], names: ReadonlyMap<RunRecord, string>): Table {
  const facts = listFacts(input, current, chooseMetrics(current, input));
  const before = input.baseline?.records ?? [];
  const duration = chooseDuration(current);
  const changes = new Map(current.map((record) => [record, changeSince(record, before, input.objective, duration)]));
  const nameOf = (record: RunRecord) => `${iconOf(record.state)} ${names.get(record) ?? record.label}`;
  if (current.length <= mostColumns) {
    const rows = facts.map((fact): Text[] => [
      [{ strong: fact.title }],
      ...current.map((record) => fact.cell(record, changes.get(record))),
    ]);
    return { kind: 'table', header: ['', ...current.map(nameOf)], rows };
  }
  const brief = facts.filter((fact) => fact.brief);
  const rows = current.map((record): Text[] => [
    [nameOf(record)],
    ...brief.map((fact) => fact.cell(record, changes.get(record))),
  ]);
  return { kind: 'table', header: ['Run', ...brief.map((fact) => fact.title)], rows };
}

function listFacts(input: ReportInput, current: readonly RunRecord[], metrics: readonly string[]): Fact[] {
  const searches = input.tuning ?? [];
  const settled = current.every((record) => record.state.status === 'completed');
  const state: Fact = { title: 'State', cell: (record) => [describeBriefly(record, input.now)], brief: true };
  return [
    ...(settled ? [] : [state]),
    ...(current.some(isOnEc2) ? [{ title: 'Where', cell: writeWhere, brief: true } as const] : []),
    { title: 'Machines', cell: writeMachine, brief: true },
    ...(current.some((record) => findOrigin(record, searches))
      ? [{ title: 'Hyperparameters', cell: (record: RunRecord) => [describeOrigin(findOrigin(record, searches))] }]
      : []),
    ...(current.some(isOnEc2) ? listServiceFacts(current, input.now) : listSageMakerFacts(input.now)),
    { title: 'CPU average / peak', cell: writeCpu, brief: true },
    { title: 'Memory peak', cell: writeMemory },
    ...(current.some(hasGpuSamples) ? [{ title: 'GPU average / peak', cell: writeGpu, brief: true } as const] : []),
    ...metrics.map((name, index): Fact => ({
      title: name,
      cell: (record, change) => [describeMetric(record, name, change)],
      ...(index === 0 && { brief: true }),
    })),
  ];
}

function listSageMakerFacts(now: Date): Fact[] {
  return [
    {
      title: 'Duration',
      cell: (record, change) => [`${describeDuration(record, now)}${writeRatio(change?.durationRatio)}`],
      brief: true,
    },
    { title: 'Billed', cell: (record) => [describeBilled(record)] },
    { title: 'Cost', cell: (record, change) => [`${describeCost(record)}${writeRatio(change?.costRatio)}`], brief: true },
  ];
}

/** The two services mean different things by duration, so beside EC2 each run is told by its phases. */
function listServiceFacts(current: readonly RunRecord[], now: Date): Fact[] {
  return [
    ...listPhaseFacts(current, now),
    { title: 'Billed', cell: (record) => [`${describeBilled(record)}${describeLeastBill(record)}`] },
    { title: 'Cost', cell: (record, change) => writeCostParts(record, writeRatio(change?.costRatio)), brief: true },
  ];
}

function writeRatio(ratio: number | undefined): string {
  return ratio === undefined ? '' : ` (${formatRatio(ratio)})`;
}

function writeMachine(record: RunRecord, change: Change | undefined): Text {
  const { machine } = record;
  const { vcpus, physicalCores, gpus } = machine;
  const cores = physicalCores === undefined ? '' : ` on ${physicalCores} core${physicalCores === 1 ? '' : 's'}`;
  const each = machine.instanceCount > 1 ? ' each' : '';
  return [
    `${machine.instanceCount} × `,
    { code: machine.instanceType },
    describeMarket(record),
    lineBreak,
    `${vcpus === undefined ? 'vCPUs unknown' : `${vcpus} vCPU${cores}`}${gpus ? `, ${gpus} GPU` : ''}${each}`,
    ...writeMachineCount(record),
    ...(change?.otherMachine === undefined ? [] : [lineBreak, `main: ${change.otherMachine}`]),
  ];
}

function describeDuration(record: RunRecord, now: Date): string {
  if (record.trainingSeconds !== undefined) return formatDuration(record.trainingSeconds);
  if (hasNoJob(record)) return '–';
  const elapsed = findElapsed(record, now);
  return elapsed === undefined ? 'no data' : `${formatDuration(Math.floor(elapsed))} so far`;
}

function describeBilled(record: RunRecord): string {
  if (record.billedSeconds === undefined) return hasNoJob(record) ? '–' : 'not known yet';
  const times = record.machine.instanceCount > 1 ? `${record.machine.instanceCount} × ` : '';
  return `${times}${formatDuration(record.billedSeconds)}`;
}

function describeMetric(record: RunRecord, name: string, change: Change | undefined): string {
  const value = metricOf(record, name);
  if (value === undefined) return 'no data';
  const moved = change?.metrics.find((metric) => metric.name === name);
  if (!moved) return formatNumber(value);
  if (moved.judgement === 'equal') return `${formatNumber(value)} (±0)`;
  return `${formatNumber(value)} (${formatSigned(moved.now - moved.before)}${moved.judgement === 'unknown' ? '' : `, ${moved.judgement}`})`;
}
