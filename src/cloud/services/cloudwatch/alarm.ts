import type { ComparisonOperator } from '@aws-sdk/client-cloudwatch';
import type { AlarmState } from '../../contract.ts';
import type { Metric } from './store.ts';

/** What an alarm watches, and when it rings. */
export interface AlarmSettings {
  readonly metric: Metric;
  readonly unit: string | undefined;
  /** `Average` … or `p99`. */
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  readonly missingData: 'missing' | 'notBreaching' | 'breaching' | 'ignore';
}

export interface AlarmVerdict {
  readonly state: AlarmState;
  readonly reason: string;
}

export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly settings: AlarmSettings;
  readonly actions: { readonly enabled: boolean; readonly alarm: string[]; readonly ok: string[]; readonly noData: string[] };
  readonly configuredAt: Date;
  verdict: AlarmVerdict;
  /** When the state last changed. */
  changedAt: Date;
  /** Until then the state is what somebody set: the end of the period it was set in; for ever where its owner decides. */
  heldUntilMs: number;
}
