import { ActionError } from '../../action-error.ts';
import { createConcurrency } from '../../aws/concurrency.ts';
import { createEndpointConfigs } from '../../aws/endpoint-configs.ts';
import { createEndpointScaling } from '../../aws/endpoint-scaling.ts';
import { createEndpoints } from '../../aws/endpoints.ts';
import { createFunctions } from '../../aws/functions.ts';
import { createHostingPrices } from '../../aws/hosting-prices.ts';
import { createLazyMachinePrices, createLazyMachines } from '../../aws/lazy-ec2.ts';
import { createModels } from '../../aws/models.ts';
import { createResourceTags } from '../../aws/resource-tags.ts';
import { createWorkflowRuns } from '../../github/workflow-runs.ts';
import type { Machines } from '../../training/ec2/ports.ts';
import type { Spec } from '../../spec/spec.ts';
import type { ServingStep } from '../serving-step.ts';
import type { CleanUpDeps } from './run.ts';

type Opened = Pick<ServingStep<unknown>, 'clients' | 'region' | 'context' | 'step' | 'log' | 'clock'> & {
  readonly spec: Pick<Spec, 'train'>;
};

/** An endpoint that is being created or updated may be done within this; what is not waits for the next sweep. */
const patienceMs = 3 * 60_000;

/** A sweep's AWS and GitHub. */
export function wireSweep(opened: Opened, github: { readonly token: string; readonly apiUrl: string }): CleanUpDeps {
  const { clients, region, context, step, log, clock } = opened;
  const machines = createLazyMachines(clients);
  const runs = createWorkflowRuns({ ...github, repository: context.repository, clock });
  return {
    region,
    context,
    step,
    log,
    clock,
    patienceMs,
    endpoints: createEndpoints(clients),
    configs: createEndpointConfigs(clients),
    models: createModels(clients),
    tags: createResourceTags(clients),
    functions: createFunctions(clients),
    concurrency: createConcurrency(clients),
    scaling: createEndpointScaling(clients),
    machines: { terminate: (id) => machines.terminate(id), find: findIfAllowed(machines, opened) },
    prices: createHostingPrices(clients, { region }),
    machinePrices: createLazyMachinePrices(clients),
    isRunOver: (runId) => runs.isOver(runId),
  };
}

/** A stack without EC2 lets no role look at machines; then there are none, unless the spec has runs on EC2. */
function findIfAllowed(machines: Pick<Machines, 'find'>, { spec, log }: Opened): Machines['find'] {
  return async (tags) => {
    try {
      return await machines.find(tags);
    } catch (error) {
      const trains = Object.values(spec.train?.runs ?? {}).some(({ on }) => on === 'ec2');
      if (trains || !(error instanceof ActionError) || error.kind !== 'permission') throw error;
      log.info(`Machines of EC2 were not looked for: ${error.message}`);
      return [];
    }
  };
}
