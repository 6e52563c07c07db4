import type { Change, MetricChange } from '../training/comparison.ts';
import { findPrimaryMetric, type Objective } from '../training/metric-direction.ts';
import { formatNumber, formatRatio, formatSigned } from './format.ts';

const verdicts: Record<MetricChange['judgement'], string> = { better: ' (better)', worse: ' (worse)', equal: '', unknown: '' };

function describeMetricChange(change: MetricChange): string {
  if (change.judgement === 'equal') return `${change.name} unchanged at ${formatNumber(change.now)}`;
  return `${change.name} ${formatSigned(change.now - change.before)}${verdicts[change.judgement]}`;
}

/** A change in words, the most telling first: `test-accuracy +0.012 (better)`, `cost −12 %`, `duration +3.1 %`. */
export function describeChange(change: Change, objective?: Objective): string[] {
  const names = change.metrics.map((metric) => metric.name);
  const primary = change.metrics.find((metric) => metric.name === findPrimaryMetric(names, objective)) ?? change.metrics[0];
  return [
    ...(primary ? [describeMetricChange(primary)] : []),
    ...(change.costRatio === undefined ? [] : [`cost ${formatRatio(change.costRatio)}`]),
    ...(change.durationRatio === undefined ? [] : [`duration ${formatRatio(change.durationRatio)}`]),
    ...(change.otherMachine === undefined ? [] : [`main ran on ${change.otherMachine}`]),
  ];
}
