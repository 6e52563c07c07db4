import type { Clock } from '../../../time/clock.ts';
import type { LogStore, Service, Weather } from '../../contract.ts';
import * as schemas from '../../wire/schemas/cloudwatch-logs.generated.ts';
import { createLogHandlers } from './handlers.ts';
import { createLogRecords } from './store.ts';

/** CloudWatch Logs: the store that machines write to, and the service that reads it. */
export function createLogs(deps: { clock: Clock; weather: Weather }): { store: LogStore; service: Service } {
  const store = createLogRecords(deps);
  return { store, service: { name: 'cloudwatch-logs', schemas, handlers: createLogHandlers(store, deps.clock) } };
}
