import type { RunRecord } from '../records/record.ts';
import { findDirection, findPrimaryMetric, type Objective } from './metric-direction.ts';
import { findPhaseSeconds } from './phases.ts';

/** A run that ended with a model, so that its numbers may be compared. */
export function hasResult(record: RunRecord): boolean {
  return record.state.status === 'completed' || record.state.status === 'reused';
}

export function metricOf(record: RunRecord, name: string): number | undefined {
  return record.metrics.find((metric) => metric.name === name)?.value;
}

export type Duration = (record: RunRecord) => number | undefined;

/**
 * Seconds by which runs compare. SageMaker's own figure has downloads and upload in it, that of a run on EC2 only its script's time: of
 * runs on both the script's time compares.
 */
export function chooseDuration(records: readonly RunRecord[]): Duration {
  const onEc2 = records.filter(isOnEc2).length;
  if (onEc2 === 0 || onEc2 === records.length) return (record) => record.trainingSeconds;
  return (record) => findPhaseSeconds(record, 'training');
}

export function isOnEc2({ on }: Pick<RunRecord, 'on'>): boolean {
  return on === 'ec2';
}

/** A completed run on EC2 and the one on SageMaker that is most like it: the same machine first, then the same hyperparameters. */
export interface Counterparts {
  readonly ec2: RunRecord;
  readonly sagemaker: RunRecord;
}

export function pairServices(records: readonly RunRecord[]): Counterparts[] {
  const completed = records.filter((record) => record.state.status === 'completed');
  const others = completed.filter((record) => !isOnEc2(record));
  return completed.filter(isOnEc2).flatMap((ec2) => {
    const likeness = (one: RunRecord) => (hasSameMachine(ec2, one) ? 2 : 0) + (hasSameHyperparameters(one, ec2) ? 1 : 0);
    const [sagemaker] = others.toSorted((a, b) => likeness(b) - likeness(a));
    return sagemaker ? [{ ec2, sagemaker }] : [];
  });
}

function hasSameMachine({ machine: ec2 }: RunRecord, { machine: sagemaker }: RunRecord): boolean {
  return `ml.${ec2.instanceType}` === sagemaker.instanceType && ec2.instanceCount === sagemaker.instanceCount;
}

export function hasSameHyperparameters({ asked: one }: RunRecord, { asked: other }: RunRecord): boolean {
  const entries = Object.entries(one.hyperparameters);
  const count = Object.keys(other.hyperparameters).length;
  return entries.length === count && entries.every(([name, value]) => other.hyperparameters[name] === value);
}

export interface Ranking {
  readonly cheapest?: RunRecord;
  readonly fastest?: RunRecord;
  readonly best?: { readonly record: RunRecord; readonly metric: string; readonly value: number };
}

function firstBy(records: readonly RunRecord[], value: (record: RunRecord) => number | undefined): RunRecord | undefined {
  const known = records.filter((record) => value(record) !== undefined);
  // With one unknown among them nobody can be called the first.
  if (known.length < records.length || known.length === 0) return undefined;
  return known.reduce((first, record) => ((value(record) ?? 0) < (value(first) ?? 0) ? record : first));
}

/** Cheapest and fastest of the runs that trained to the end, and the best of all that have a model. */
export function rank(records: readonly RunRecord[], objective?: Objective): Ranking {
  const trained = records.filter((record) => record.state.status === 'completed');
  const cheapest = firstBy(trained, (record) => record.costUsd);
  const fastest = firstBy(trained, chooseDuration(trained));
  const best = findBest(records.filter(hasResult), objective);
  return { ...(cheapest && { cheapest }), ...(fastest && { fastest }), ...(best && { best }) };
}

function findBest(records: readonly RunRecord[], objective?: Objective): Ranking['best'] {
  const names = [...new Set(records.flatMap((record) => record.metrics.map((metric) => metric.name)))];
  const metric = findPrimaryMetric(names, objective);
  if (metric === undefined) return undefined;
  const sign = findDirection(metric, objective) === 'lower' ? 1 : -1;
  const measured = records.filter((record) => metricOf(record, metric) !== undefined);
  const record = firstBy(measured, (one) => sign * (metricOf(one, metric) ?? 0));
  return record && { record, metric, value: metricOf(record, metric) ?? 0 };
}

export interface MetricChange {
  readonly name: string;
  readonly now: number;
  readonly before: number;
  /** `unknown`: which way is better is not known. */
  readonly judgement: 'better' | 'worse' | 'equal' | 'unknown';
}

/** Ratios are now ÷ before; absent when one side is unknown or nothing was billed. */
export interface Change {
  readonly metrics: readonly MetricChange[];
  readonly costRatio?: number;
  readonly durationRatio?: number;
  /** Set when the baseline ran on another machine, so that cost and duration differ for that reason already. */
  readonly otherMachine?: string;
}

/**
 * What became of the run of the same label on main. Undefined without a finished one on either side.
 * @param durationOf what the report calls duration; else what compares between the two
 */
export function changeSince(
  record: RunRecord,
  baseline: readonly RunRecord[],
  objective?: Objective,
  durationOf?: Duration,
): Change | undefined {
  const before = baseline.find((one) => one.label === record.label && hasResult(one));
  if (!before || !hasResult(record)) return undefined;
  const duration = durationOf ?? chooseDuration([record, before]);
  const costRatio = ratio(record.costUsd, before.costUsd);
  const durationRatio = ratio(duration(record), duration(before));
  const machine = `${before.machine.instanceCount} × ${before.machine.instanceType}`;
  return {
    metrics: record.metrics.flatMap(({ name, value }) => {
      const old = metricOf(before, name);
      return old === undefined ? [] : [{ name, now: value, before: old, judgement: judge(name, value, old, objective) }];
    }),
    ...(costRatio !== undefined && { costRatio }),
    ...(durationRatio !== undefined && { durationRatio }),
    ...(machine !== `${record.machine.instanceCount} × ${record.machine.instanceType}` && { otherMachine: machine }),
  };
}

function ratio(now: number | undefined, before: number | undefined): number | undefined {
  return now && before ? now / before : undefined;
}

function judge(name: string, now: number, before: number, objective?: Objective): MetricChange['judgement'] {
  if (now === before) return 'equal';
  const direction = findDirection(name, objective);
  if (!direction) return 'unknown';
  return now > before === (direction === 'higher') ? 'better' : 'worse';
}
