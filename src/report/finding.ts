import type { CurveFinding } from '../training/curves.ts';
import { formatNumber } from './format.ts';

/** What a curve shows, with its numbers, and what to change. */
export function writeFinding(finding: CurveFinding): string {
  const { metric, values } = finding;
  switch (finding.kind) {
    case 'overfitting':
      return `${metric} was best at value ${finding.bestAt} of ${values} (${formatNumber(finding.best)}) and ended at ${formatNumber(finding.last)} while ${finding.trainMetric} went on falling to ${formatNumber(finding.trainLast)}: the model overfits from there on. Stop there, regularise more or train on more data.`;
    case 'overtraining':
      return `${metric} was best at value ${finding.bestAt} of ${values} (${formatNumber(finding.best)}) and ended at ${formatNumber(finding.last)}: training went on too long. Fewer epochs, or stopping early, would have kept the better model.`;
    case 'no-learning':
      return `${metric} began at ${formatNumber(finding.first)} and never got clearly below it (lowest of the last third: ${formatNumber(finding.lowest)} over ${values} values): nothing was learned from there on. Look at the learning rate first, then at the initial weights, vanishing gradients and whether the labels belong to their data.`;
    case 'plateau':
      return `${metric} moved by less than 1 % of its range from value ${finding.from} of ${values} on (${formatNumber(finding.last)} at the end): the rest of the training bought next to nothing. Fewer epochs would do.`;
    case 'divergence':
      return `${metric} grew from ${formatNumber(finding.first)} to ${formatNumber(finding.last)} over ${values} values: the training diverged. A lower learning rate is the usual cure.`;
    default:
      return finding satisfies never;
  }
}
