import type { RunRecord } from '../records/record.ts';
import { countSamples, lastSampleSeconds, meanCpuOverTime } from '../training/utilisation.ts';
import type { Block } from './document.ts';
import { mostLines } from './mermaid-chart.ts';

const mostBins = 60;

/** CPU of all runs over the seconds of their training, on one axis. */
export function writeCpuChart(current: readonly RunRecord[], names: ReadonlyMap<RunRecord, string>): Block[] {
  const measured = current.filter((record) => record.utilisation.hosts.some((host) => host.cpu.length > 1));
  if (measured.length === 0) return [];
  const endSeconds = Math.max(...measured.map(lastSampleSeconds), 1);
  const finest = Math.max(
    ...measured.map((record) => (countSamples(record) * endSeconds) / Math.max(1, lastSampleSeconds(record))),
  );
  const bins = Math.max(2, Math.min(mostBins, Math.round(finest)));
  const lines = measured.map((record) => ({
    name: names.get(record) ?? record.label,
    values: meanCpuOverTime(record, bins, endSeconds),
    seconds: lastSampleSeconds(record),
  }));
  const some = measured.length > mostLines ? `, the first ${mostLines} of ${measured.length} runs` : '';
  return [{ kind: 'chart', title: `CPU over time${some}`, endSeconds, lines, weight: 80 }];
}
