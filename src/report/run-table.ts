import type { RunRecord } from '../records/record.ts';
import { changeSince, metricOf } from '../training/comparison.ts';
import { findPrimaryMetric } from '../training/metric-direction.ts';
import { meanCpuOverTime, lastSampleSeconds, summariseUse } from '../training/utilisation.ts';
import { describeChange } from './change.ts';
import { type Inline, lineBreak, type Table, type Text } from './document.ts';
import { formatDuration, formatNumber, formatPercent } from './format.ts';
import type { ReportInput } from './input.ts';
import { describeCost } from './money.ts';
import { sparkline } from './sparkline.ts';
import { describeBriefly, findElapsed, iconOf } from './state.ts';

const mostMetrics = 3;
const sparklineBins = 16;

/** Metrics that get a column: the one the verdict rests on, then the others by name. */
export function chooseMetrics(records: readonly RunRecord[], input: Pick<ReportInput, 'objective'>): string[] {
  const names = [...new Set(records.flatMap((record) => record.metrics.map((metric) => metric.name)))].sort();
  const primary = findPrimaryMetric(names, input.objective);
  return [...(primary === undefined ? [] : [primary]), ...names.filter((name) => name !== primary)].slice(0, mostMetrics);
}

/** One row a run: what it was, what it took, how busy it was, what came out and how that differs from main. */
export function writeRunTable(input: ReportInput, current: readonly RunRecord[], names: ReadonlyMap<RunRecord, string>): Table {
  const metrics = chooseMetrics(current, input);
  const compared =
    input.baseline && current.some((record) => changeSince(record, input.baseline?.records ?? [], input.objective));
  const columns: readonly { title: string; right?: true; cell: (record: RunRecord) => Text }[] = [
    { title: 'Run', cell: (record) => writeName(record, names.get(record) ?? record.label, input.now) },
    { title: 'Machines', cell: writeMachine },
    { title: 'Duration', right: true, cell: (record) => [describeDuration(record, input.now)] },
    { title: 'Billed', right: true, cell: (record) => [describeBilled(record)] },
    { title: 'Cost', right: true, cell: (record) => [describeCost(record)] },
    { title: 'CPU avg / peak', cell: writeCpu },
    { title: 'Memory peak', cell: writeMemory },
    ...metrics.map((name) => ({
      title: name,
      right: true as const,
      cell: (record: RunRecord): Text => [describeMetric(record, name)],
    })),
    ...(compared ? [{ title: 'Versus main', cell: (record: RunRecord) => writeChange(record, input) }] : []),
  ];
  return {
    kind: 'table',
    header: columns.map((column) => column.title),
    align: columns.map((column) => (column.right ? 'right' : 'left')),
    rows: current.map((record) => columns.map((column) => column.cell(record))),
  };
}

function writeName(record: RunRecord, name: string, now: Date): Text {
  const state: Inline[] = record.state.status === 'completed' ? [] : [lineBreak, describeBriefly(record, now)];
  return [`${iconOf(record.state)} `, { strong: name }, ...state];
}

function writeMachine({ machine, asked }: RunRecord): Text {
  const { vcpus, physicalCores, gpus } = machine;
  const cores = physicalCores === undefined ? '' : ` on ${physicalCores} core${physicalCores === 1 ? '' : 's'}`;
  const each = machine.instanceCount > 1 ? ' each' : '';
  return [
    `${machine.instanceCount} × `,
    { code: machine.instanceType },
    asked.spot ? ' spot' : '',
    lineBreak,
    `${vcpus === undefined ? 'vCPUs unknown' : `${vcpus} vCPU${cores}`}${gpus ? `, ${gpus} GPU` : ''}${each}`,
  ];
}

function describeDuration(record: RunRecord, now: Date): string {
  if (record.trainingSeconds !== undefined) return formatDuration(record.trainingSeconds);
  if (record.state.status === 'reused' || record.state.status === 'refused') return '–';
  const elapsed = findElapsed(record, now);
  return elapsed === undefined ? 'no data' : `${formatDuration(Math.floor(elapsed))} so far`;
}

function describeBilled(record: RunRecord): string {
  if (record.billedSeconds === undefined)
    return record.state.status === 'reused' || record.state.status === 'refused' ? '–' : 'no data';
  const times = record.machine.instanceCount > 1 ? `${record.machine.instanceCount} × ` : '';
  return `${times}${formatDuration(record.billedSeconds)}`;
}

function writeCpu(record: RunRecord): Text {
  const use = summariseUse(record.utilisation, 'cpu', record.machine.instanceCount);
  if (!use) return [record.state.status === 'reused' || record.state.status === 'refused' ? '–' : 'no data'];
  const partial = record.utilisation.coverage === 'partial' ? ' (partial)' : '';
  const silent = use.silentHosts > 0 ? ` (no data of ${use.silentHosts} host${use.silentHosts === 1 ? '' : 's'})` : '';
  const line = sparkline(meanCpuOverTime(record, sparklineBins, Math.max(1, lastSampleSeconds(record))));
  return [`${formatPercent(use.average)} / ${formatPercent(use.peak)}${partial}${silent}`, lineBreak, line];
}

function writeMemory(record: RunRecord): Text {
  const use = summariseUse(record.utilisation, 'memory', record.machine.instanceCount);
  if (!use) return [record.state.status === 'reused' || record.state.status === 'refused' ? '–' : 'no data'];
  const { memoryGib } = record.machine;
  return [formatPercent(use.peak), ...(memoryGib === undefined ? [] : [lineBreak, `of ${memoryGib} GiB`])];
}

function describeMetric(record: RunRecord, name: string): string {
  const value = metricOf(record, name);
  return value === undefined ? 'no data' : formatNumber(value);
}

function writeChange(record: RunRecord, input: ReportInput): Text {
  const change = changeSince(record, input.baseline?.records ?? [], input.objective);
  const words = change ? describeChange(change, input.objective) : ['–'];
  return words.flatMap((word, index): Inline[] => (index > 0 ? [lineBreak, word] : [word]));
}
