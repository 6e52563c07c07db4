import type { RunRecord } from '../records/record.ts';
import { summariseUse } from '../training/utilisation.ts';
import { type Block, type Inline, lineBreak, type Table, type Text } from './document.ts';
import { writeMachines } from './ec2/machine-table.ts';
import { findSafeLink } from './escape.ts';
import { formatDuration, formatNumber, formatPercent, formatUsd } from './format.ts';
import type { ReportInput } from './input.ts';
import { describeCost } from './money.ts';
import { chooseMetrics } from './run-table.ts';
import { describeBriefly } from './state.ts';

type Names = ReadonlyMap<RunRecord, string>;
const longestText = 300;
const longestReason = 1_024;
const clip = (text: string, length = longestText) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** The folded part: metrics, phases, hosts, configuration, hyperparameters, earlier attempts. Empty tables are left out. */
export function writeDetails(
  input: ReportInput,
  current: readonly RunRecord[],
  earlier: readonly RunRecord[],
  names: Names,
): Block[] {
  const nameOf = (record: RunRecord): Text => [{ strong: names.get(record) ?? record.label }];
  const tables: readonly { summary: string; weight: number; table: Table }[] = [
    { summary: 'All metrics', weight: 60, table: writeMetrics(input, current, nameOf) },
    { summary: 'Reasons of failures, as the service gave them', weight: 65, table: writeReasons(current, nameOf) },
    { summary: 'Phases', weight: 30, table: writePhases(current, nameOf) },
    { summary: 'Machines on EC2', weight: 42, table: writeMachines(current, nameOf) },
    { summary: 'Hosts', weight: 40, table: writeHosts(current, nameOf) },
    { summary: 'Configuration', weight: 50, table: writeConfiguration(input, current, nameOf) },
    { summary: 'Hyperparameters', weight: 45, table: writeHyperparameters(current, nameOf) },
    { summary: 'Earlier attempts', weight: 35, table: writeEarlier(input, earlier) },
  ];
  return tables.flatMap(({ summary, weight, table }): Block[] =>
    table.rows.length > 0 ? [{ kind: 'details', summary, body: table, weight }] : [],
  );
}

/** Only when there are more metrics than columns. */
function writeMetrics(input: ReportInput, records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const shown = chooseMetrics(records, input);
  const more = records.some((record) => record.metrics.some((metric) => !shown.includes(metric.name)));
  const rows = records.flatMap((record) =>
    record.metrics.map((metric): Text[] => [nameOf(record), [{ code: metric.name }], [formatNumber(metric.value)]]),
  );
  return { kind: 'table', header: ['Run', 'Metric', 'Last value'], align: ['left', 'left', 'right'], rows: more ? rows : [] };
}

function writeReasons(records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const rows = records.flatMap((record): Text[][] =>
    record.state.status === 'failed' && record.state.reason !== ''
      ? [[nameOf(record), [{ code: clip(record.state.reason, longestReason) }]]]
      : [],
  );
  return { kind: 'table', header: ['Run', 'Reason'], rows };
}

function writePhases(records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const rows = records.flatMap((record) =>
    record.transitions
      .filter(({ status }) => status !== 'Completed')
      .map(({ status, start, end, message }): Text[] => {
        const took = end === undefined ? 'not ended' : formatDuration(Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000));
        return [nameOf(record), [clip(status)], [`${start.slice(11, 19)} UTC`], [took], [clip(message ?? '')]];
      }),
  );
  return {
    kind: 'table',
    header: ['Run', 'Phase', 'Began', 'Took', 'Message'],
    align: ['left', 'left', 'left', 'right', 'left'],
    rows,
  };
}

function writeHosts(records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const rows = records
    .filter((record) => record.machine.instanceCount > 1)
    .flatMap((record) => {
      const cpu = summariseUse(record.utilisation, 'cpu', record.machine.instanceCount);
      const memory = summariseUse(record.utilisation, 'memory', record.machine.instanceCount);
      return (cpu?.hosts ?? []).map(({ host, average, peak }): Text[] => {
        const used = memory?.hosts.find((other) => other.host === host);
        return [
          nameOf(record),
          [{ code: host }],
          [`${formatPercent(average)} / ${formatPercent(peak)}`],
          [used ? formatPercent(used.peak) : 'no data'],
        ];
      });
    });
  return {
    kind: 'table',
    header: ['Run', 'Host', 'CPU avg / peak', 'Memory peak'],
    align: ['left', 'left', 'right', 'right'],
    rows,
  };
}

function writeConfiguration(input: ReportInput, records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const rows = records.map((record): Text[] => {
    const href = record.url === undefined ? undefined : findSafeLink(record.url, input.context.serverUrl);
    const limits: Inline[] = [
      `at most ${formatDuration(record.asked.maxRuntimeSeconds)}`,
      record.asked.ceilingUsd === undefined ? '' : `, ${formatUsd(record.asked.ceilingUsd)}`,
    ];
    const asked =
      record.asked.instanceTypes.length > 1 ? [lineBreak, `asked for ${record.asked.instanceTypes.join(', then ')}`] : [];
    return [
      nameOf(record),
      [href === undefined ? { code: record.name } : { link: record.name, href }],
      [...writeImage(record), lineBreak, { code: clip(record.asked.entryPoint) }],
      [...limits, lineBreak, `${record.asked.volumeGb} GB volume${record.machine.instanceCount > 1 ? ' each' : ''}`, ...asked],
      [record.model === undefined ? 'none' : { code: clip(record.model) }],
      [{ code: record.fingerprint.slice(0, 12) }],
    ];
  });
  return { kind: 'table', header: ['Run', 'Job', 'Image and entry point', 'Limits', 'Model', 'Fingerprint'], rows };
}

/** On EC2 the parameter that names an image, and the image that it named then. */
function writeImage({ asked, ec2 }: RunRecord): Inline[] {
  return [{ code: clip(asked.image) }, ...(ec2 ? [lineBreak, { code: clip(ec2.image.id) }, ` ${clip(ec2.image.name)}`] : [])];
}

function writeHyperparameters(records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const rows = records.flatMap((record) =>
    Object.entries(record.asked.hyperparameters).map(([name, value]): Text[] => [
      nameOf(record),
      [{ code: clip(name) }],
      [{ code: clip(value) }],
    ]),
  );
  return { kind: 'table', header: ['Run', 'Hyperparameter', 'Value'], rows };
}

function writeEarlier(input: ReportInput, earlier: readonly RunRecord[]): Table {
  const rows = earlier.map((record): Text[] => [
    [{ strong: record.label }],
    [{ code: record.name }],
    [describeBriefly(record, input.now)],
    [describeCost(record)],
  ]);
  return { kind: 'table', header: ['Run', 'Job', 'State', 'Cost'], align: ['left', 'left', 'left', 'right'], rows };
}
