import type { Room } from '../../contract.ts';
import * as schemas from '../../wire/schemas/lambda.generated.ts';
import type { WorkerOptions } from './function-worker.ts';
import { createFunctions, type LambdaOptions } from './room.ts';

/** AWS Lambda, executed on this machine: a worker process per concurrent call. */
export function createLambda(workers: WorkerOptions, options: LambdaOptions = {}): Room {
  const { handlers, close } = createFunctions(workers, options);
  return { services: [{ name: 'lambda', schemas, handlers }], close };
}
