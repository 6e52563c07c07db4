import type { RunRecord } from '../records/record.ts';
import { readCurves } from '../training/curves.ts';
import { findBetterSize, type SizeAdvice } from '../training/sizing.ts';
import { findIdleHosts, summariseUse } from '../training/utilisation.ts';
import type { Text } from './document.ts';
import { writeFinding } from './finding.ts';
import { formatDuration, formatHourlyUsd, formatPercent } from './format.ts';
import type { ReportInput } from './input.ts';

const mostAdvice = 8;

/** What the numbers of each run suggest. Nothing where they are short, partial or unclear; no sizes from a rehearsal. */
export function writeAdvice(input: ReportInput, current: readonly RunRecord[], names: ReadonlyMap<RunRecord, string>): Text[] {
  return current
    .flatMap((record) =>
      adviseOn(record, input).map((advice): Text => [{ strong: names.get(record) ?? record.label }, `: ${advice}`]),
    )
    .slice(0, mostAdvice);
}

function adviseOn(record: RunRecord, input: ReportInput): string[] {
  if (record.state.status !== 'completed' && record.state.status !== 'stopped' && record.state.status !== 'failed') return [];
  const cpu = summariseUse(record.utilisation, 'cpu', record.machine.instanceCount);
  const memory = summariseUse(record.utilisation, 'memory', record.machine.instanceCount);
  const size = input.sizes && record.state.status === 'completed' ? findBetterSize(record, cpu, memory, input.sizes) : undefined;
  return [
    ...(cpu
      ? findIdleHosts(cpu).map(
          (host) =>
            `${host.host} idled at ${formatPercent(host.average)} CPU while the busiest host had ${formatPercent(Math.max(...cpu.hosts.map((other) => other.average)))}.`,
        )
      : []),
    ...readCurves(record.curves, input.objective).map(writeFinding),
    ...(size ? [writeSize(size)] : []),
  ];
}

function writeSize(size: SizeAdvice): string {
  const prices = `${formatHourlyUsd(size.usdPerHour)} against ${formatHourlyUsd(size.currentUsdPerHour)}`;
  const even = formatDuration(size.breakEvenSeconds);
  return size.direction === 'smaller'
    ? `CPU and memory stayed below half at their peaks. ${size.instanceType} (${size.vcpus} vCPU) costs ${prices} and is cheaper unless the billed time grows beyond ${even}.`
    : `the CPU was the limit. ${size.instanceType} (${size.vcpus} vCPU) costs ${prices}: faster if the script uses the cores, cheaper only below ${even} billed.`;
}
