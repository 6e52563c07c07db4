import type { RunRecord } from '../../records/record.ts';
import { chooseDuration, type Counterparts, hasSameHyperparameters, pairServices } from '../../training/comparison.ts';
import { findStartUpSeconds } from '../../training/phases.ts';
import type { Inline, Text } from '../document.ts';
import { formatDuration, formatUsd, joinWords } from '../format.ts';
import { countUnusedSeconds, describeMarket } from './machine-facts.ts';

const mostPairs = 3;

/** What EC2 and SageMaker made of the same run, in numbers; nothing where one of them has no completed run. */
export function writeServices(current: readonly RunRecord[], names: ReadonlyMap<RunRecord, string>): Text[] {
  return pairServices(current)
    .slice(0, mostPairs)
    .map((pair) => writePair(pair, names));
}

function writePair(pair: Counterparts, names: ReadonlyMap<RunRecord, string>): Text {
  const { ec2, sagemaker } = pair;
  const name = (record: RunRecord): Inline[] => [
    { strong: names.get(record) ?? record.label },
    `, ${record.machine.instanceCount} × ${record.machine.instanceType}${describeMarket(record)}`,
  ];
  const clauses = [compareCost(pair), compareStart(pair, names), ...compareTraining(pair), ...listDifferences(pair)];
  const whose = ec2.rehearsal ? ' Times to start are the local cloud’s, not AWS’s.' : '';
  return [
    { strong: 'EC2 against SageMaker' },
    ' (',
    ...name(ec2),
    ', against ',
    ...name(sagemaker),
    `): ${clauses.join('; ')}.${whose}`,
  ];
}

function compareCost({ ec2, sagemaker }: Counterparts): string {
  const [own, other] = [ec2.costUsd, sagemaker.costUsd];
  if (own === undefined || other === undefined) return 'which cost less is not known';
  const amounts = `${formatUsd(own)} against ${formatUsd(other)}`;
  const notes = [
    ...(isEstimate(ec2) || isEstimate(sagemaker) ? ['with a price that is an estimate'] : []),
    ...(countUnusedSeconds(ec2) >= 0.5 ? ['EC2 bills a minute at least'] : []),
  ];
  return `EC2 cost ${describeRatio(own, other)} (${[amounts, ...notes].join(', ')})`;
}

/** `31 % less`, `4 % more`, `3.2 times as much`, `the same` */
function describeRatio(own: number, other: number): string {
  if (formatUsd(own) === formatUsd(other)) return 'the same';
  if (other === 0) return 'more';
  const ratio = own / other;
  if (ratio >= 3) return `${ratio.toFixed(1)} times as much`;
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  return `${percent === 0 ? 'less than 1' : percent} % ${ratio < 1 ? 'less' : 'more'}`;
}

function isEstimate({ price, ec2 }: RunRecord): boolean {
  return [price, ...(ec2?.machines ?? []).map((machine) => machine.price)].some(
    (one) => one.kind === 'known' && one.quality === 'derived',
  );
}

/** EC2 tells the launch of a machine in whole seconds, so less than two are no difference. */
const leastSeconds = 2;

function compareStart({ ec2, sagemaker }: Counterparts, names: ReadonlyMap<RunRecord, string>): string {
  const [own, other] = [findStartUpSeconds(ec2), findStartUpSeconds(sagemaker)];
  if (own === undefined || other === undefined) {
    const silent = [...(own === undefined ? [ec2] : []), ...(other === undefined ? [sagemaker] : [])];
    return `when training began is not known of ${joinWords(silent.map((record) => names.get(record) ?? record.label))}`;
  }
  const [least, most] = [Math.min(own, other), Math.max(own, other)];
  if (most - least < leastSeconds) return `both began training ${formatDuration(most)} after the request`;
  const sooner = own < other ? 'EC2' : 'SageMaker';
  return `${sooner} began training ${formatDuration(most - least)} sooner (${formatDuration(least)} against ${formatDuration(most)} after the request)`;
}

function compareTraining({ ec2, sagemaker }: Counterparts): string[] {
  const duration = chooseDuration([ec2, sagemaker]);
  const [own, other] = [duration(ec2), duration(sagemaker)];
  if (own === undefined || other === undefined) return [];
  const [onEc2, onSageMaker] = [formatDuration(own), formatDuration(other)];
  return [`training took ${onEc2 === onSageMaker ? `${onEc2} on both` : `${onEc2} on EC2, ${onSageMaker} on SageMaker`}`];
}

function listDifferences({ ec2, sagemaker }: Counterparts): string[] {
  return hasSameHyperparameters(ec2, sagemaker) ? [] : ['their hyperparameters differ'];
}
