import type { RunRecord } from '../records/record.ts';
import { countSamples, lastSampleSeconds, meanCpuOverTime, summariseUse } from '../training/utilisation.ts';
import { lineBreak, type Text } from './document.ts';
import { formatPercent } from './format.ts';
import { sparkline } from './sparkline.ts';

const sparklineBins = 16;

/** Whether there was a job at all, of which something could be measured. */
export const hasNoJob = ({ state }: Pick<RunRecord, 'state'>) => state.status === 'reused' || state.status === 'refused';

export function writeCpu(record: RunRecord): Text {
  const use = summariseUse(record.utilisation, 'cpu', record.machine.instanceCount);
  if (!use) return [hasNoJob(record) ? '–' : 'no data'];
  const partial = record.utilisation.coverage === 'partial' ? ' (partial)' : '';
  const silent = use.silentHosts > 0 ? ` (no data of ${use.silentHosts} host${use.silentHosts === 1 ? '' : 's'})` : '';
  const bins = Math.max(1, Math.min(sparklineBins, countSamples(record)));
  const line = sparkline(meanCpuOverTime(record, bins, Math.max(1, lastSampleSeconds(record))));
  return [`${formatPercent(use.average)} / ${formatPercent(use.peak)}${partial}${silent}`, lineBreak, line];
}

export function writeMemory(record: RunRecord): Text {
  const use = summariseUse(record.utilisation, 'memory', record.machine.instanceCount);
  if (!use) return [hasNoJob(record) ? '–' : 'no data'];
  const { memoryGib } = record.machine;
  return [`${formatPercent(use.peak)}${memoryGib === undefined ? '' : ` of ${memoryGib} GiB`}`];
}

export function hasGpuSamples({ utilisation }: RunRecord): boolean {
  return utilisation.hosts.some(({ gpu = [] }) => gpu.length > 0);
}

export function writeGpu(record: RunRecord): Text {
  const hosts = record.utilisation.hosts.flatMap(({ host, gpu }) => (gpu ? [{ host, cpu: gpu, memory: [] }] : []));
  // What is weighted there by time is per cent, whatever it was measured of.
  const use = summariseUse({ ...record.utilisation, hosts }, 'cpu', record.machine.instanceCount);
  if (!use) return [record.machine.gpus === 0 || hasNoJob(record) ? '–' : 'no data'];
  return [`${formatPercent(use.average)} / ${formatPercent(use.peak)}`];
}
