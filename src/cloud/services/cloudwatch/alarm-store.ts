import type { Clock } from '../../../time/clock.ts';
import { AwsError, type Alarms } from '../../contract.ts';
import type { Alarm } from './alarm.ts';
import { evaluateAlarm } from './evaluate-alarm.ts';
import type { MetricRecords } from './store.ts';

export interface AlarmRecords extends Alarms {
  put(alarm: Pick<Alarm, 'name' | 'description' | 'settings' | 'actions'>): void;
  /** Evaluated now. @throws ResourceNotFound */
  get(name: string): Alarm;
  /** By name, evaluated now. */
  all(): Alarm[];
  set(alarm: Alarm, verdict: Alarm['verdict'], heldUntilMs: number): void;
}

const unchecked = { state: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation' } as const;

/** Alarms are evaluated when somebody looks: their state then is what CloudWatch's would be. */
export function createAlarmRecords(deps: {
  clock: Clock;
  region: string;
  account: string;
  metrics: MetricRecords;
}): AlarmRecords {
  const alarms = new Map<string, Alarm>();
  const nowMs = () => deps.clock.now().getTime();
  const set: AlarmRecords['set'] = (alarm, verdict, heldUntilMs) => {
    if (alarm.verdict.state !== verdict.state) alarm.changedAt = deps.clock.now();
    alarm.verdict = verdict;
    alarm.heldUntilMs = heldUntilMs;
  };
  const refresh = (alarm: Alarm) => {
    if (nowMs() < alarm.heldUntilMs) return alarm;
    const points = deps.metrics.visiblePoints(alarm.settings.metric);
    set(alarm, evaluateAlarm(alarm.settings, points, nowMs(), alarm.verdict), 0);
    return alarm;
  };
  const put: AlarmRecords['put'] = (alarm) => {
    const now = deps.clock.now();
    const before = alarms.get(alarm.name);
    alarms.set(alarm.name, {
      ...alarm,
      arn: `arn:aws:cloudwatch:${deps.region}:${deps.account}:alarm:${alarm.name}`,
      configuredAt: now,
      verdict: before?.verdict ?? unchecked,
      changedAt: before?.changedAt ?? now,
      heldUntilMs: 0,
    });
  };
  const find = (name: string) => {
    const alarm = alarms.get(name);
    return alarm && refresh(alarm);
  };
  const get = (name: string) => {
    const alarm = find(name);
    // CloudWatch spells its code without the `Exception` of the shape.
    if (!alarm) throw new AwsError('ResourceNotFound', 'Unknown');
    return alarm;
  };
  return {
    put,
    set,
    get,
    all: () => [...alarms.values()].map(refresh).sort((a, b) => (a.name < b.name ? -1 : 1)),
    stateOf: (name) => find(name)?.verdict.state,
    remove: (name) => void alarms.delete(name),
    setManaged: (
      { name, description, namespace, metric, dimensions, comparison, threshold, evaluationPeriods },
      state,
      reason,
    ) => {
      if (!alarms.has(name)) {
        const settings = {
          metric: { namespace, name: metric, dimensions },
          unit: undefined,
          statistic: 'Sum',
          periodSeconds: 60,
          evaluationPeriods,
          datapointsToAlarm: evaluationPeriods,
          threshold,
          comparison,
          missingData: 'missing' as const,
        };
        put({ name, description, settings, actions: { enabled: true, alarm: [], ok: [], noData: [] } });
      }
      set(get(name), { state, reason }, Infinity);
    },
  };
}
