import type { RunRecord } from '../records/record.ts';
import { findDirection, findPrimaryMetric, type Objective } from './metric-direction.ts';

/** A run that ended with a model, so that its numbers may be compared. */
export function hasResult(record: RunRecord): boolean {
  return record.state.status === 'completed' || record.state.status === 'reused';
}

export function metricOf(record: RunRecord, name: string): number | undefined {
  return record.metrics.find((metric) => metric.name === name)?.value;
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
  const fastest = firstBy(trained, (record) => record.trainingSeconds);
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

/** What became of the run of the same label on main. Undefined without a finished one on either side. */
export function changeSince(record: RunRecord, baseline: readonly RunRecord[], objective?: Objective): Change | undefined {
  const before = baseline.find((one) => one.label === record.label && hasResult(one));
  if (!before || !hasResult(record)) return undefined;
  const costRatio = ratio(record.costUsd, before.costUsd);
  const durationRatio = ratio(record.trainingSeconds, before.trainingSeconds);
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
