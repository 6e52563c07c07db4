import type { Clock } from '../../../time/clock.ts';
import type { MetricStore, Service, Weather } from '../../contract.ts';
import * as schemas from '../../wire/schemas/cloudwatch.generated.ts';
import { createMetricHandlers } from './handlers.ts';
import { createMetricRecords } from './store.ts';

/** CloudWatch: the store that machines write to, and the service that reads it. */
export function createMetrics(deps: { clock: Clock; weather: Weather }): { store: MetricStore; service: Service } {
  const store = createMetricRecords(deps);
  return { store, service: { name: 'cloudwatch', schemas, handlers: createMetricHandlers(store, deps.clock) } };
}
