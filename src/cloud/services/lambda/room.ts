import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { LambdaDeps } from './deps.ts';
import { createFunctionTable } from './function-table.ts';
import { prepareWorkshop, startFunctionWorker, type WorkerOptions, type Workshop } from './function-worker.ts';
import type { Deployment } from './functions.ts';
import { createAliasHandlers } from './handle-aliases.ts';
import { createConcurrencyHandlers } from './handle-concurrency.ts';
import { createFunctionHandlers } from './handle-functions.ts';
import { createInvokeHandler } from './handle-invoke.ts';
import { createPolicyHandlers } from './handle-policy.ts';
import { createProvisionedHandlers } from './handle-provisioned.ts';
import { createTagHandlers } from './handle-tags.ts';
import { createVersionHandlers } from './handle-versions.ts';
import { createInvocationMetrics } from './invocation-metrics.ts';
import { createPool, type Pool } from './pool.ts';
import { createSlots } from './slots.ts';

export interface LambdaOptions {
  /** Concurrent calls the account may have: 1000, or 10 as a new account has. */
  readonly accountLimit?: number | undefined;
  /** Workers this machine runs at once; a call beyond waits. */
  readonly machineLimit?: number | undefined;
  /** How long a worker may idle before it ends. */
  readonly idleSeconds?: number | undefined;
}

/** Functions and the workers that run them, without the wire. */
export function createFunctions(workers: WorkerOptions, options: LambdaOptions) {
  const { cloud } = workers;
  const { accountLimit = 1000, machineLimit = 64, idleSeconds = 120 } = options;
  const { clock, region, account } = cloud;
  const arnOf = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`;
  const slots = createSlots(machineLimit);
  const pools = new Set<Pool>();
  let workshop: Promise<Workshop> | undefined;

  const deploy: LambdaDeps['deploy'] = (functionName, parts): Deployment => {
    const job = { functionName, ...parts };
    const pool = createPool({
      clock,
      slots,
      idleMs: idleSeconds * 1000,
      start: async (kind) =>
        startFunctionWorker(job, kind, workers, await (workshop ??= prepareWorkshop(cloud, workers.getMachinery))),
    });
    pools.add(pool);
    return { ...parts, revision: randomUUID(), modified: clock.now(), pool };
  };
  const deps: LambdaDeps = {
    cloud,
    table: createFunctionTable(clock, arnOf('')),
    accountLimit,
    machineLimit,
    deploy,
    after: (what) => new Date(clock.now().getTime() + (cloud.weather.functionMs?.[what] ?? 0)),
    arnOf,
    codeFolder: (name) => join(cloud.folder, 'lambda', 'code', name),
  };
  const metrics = createInvocationMetrics(cloud.metrics, clock);
  return {
    handlers: {
      ...createFunctionHandlers(deps),
      ...createVersionHandlers(deps),
      ...createAliasHandlers(deps),
      ...createConcurrencyHandlers(deps),
      ...createProvisionedHandlers(deps),
      ...createPolicyHandlers(deps),
      ...createTagHandlers(deps),
      Invoke: createInvokeHandler(deps, metrics),
    },
    close: async () => {
      await Promise.all([...pools].map((pool) => pool.close()));
      metrics.flush();
    },
  };
}
