import type { Clock } from '../../../time/clock.ts';
import type { Alarms, MetricStore, Service, Weather } from '../../contract.ts';
import * as schemas from '../../wire/schemas/cloudwatch.generated.ts';
import { createAlarmHandlers } from './alarm-handlers.ts';
import { createAlarmRecords } from './alarm-store.ts';
import { createMetricHandlers } from './handlers.ts';
import { createMetricRecords } from './store.ts';

interface Deps {
  readonly clock: Clock;
  readonly weather: Weather;
  readonly region: string;
  readonly account: string;
}

/** CloudWatch: the store that machines write to, the alarms on it, and the service that reads both. */
export function createMetrics(deps: Deps): { store: MetricStore; alarms: Alarms; service: Service } {
  const store = createMetricRecords(deps);
  const alarms = createAlarmRecords({ ...deps, metrics: store });
  const handlers = { ...createMetricHandlers(store, deps.clock), ...createAlarmHandlers(alarms, deps.clock) };
  return { store, alarms, service: { name: 'cloudwatch', schemas, handlers } };
}
