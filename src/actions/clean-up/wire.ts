import { createConcurrency } from '../../aws/concurrency.ts';
import { createEndpointConfigs } from '../../aws/endpoint-configs.ts';
import { createEndpointScaling } from '../../aws/endpoint-scaling.ts';
import { createEndpoints } from '../../aws/endpoints.ts';
import { createFunctions } from '../../aws/functions.ts';
import { createHostingPrices } from '../../aws/hosting-prices.ts';
import { createModels } from '../../aws/models.ts';
import { createResourceTags } from '../../aws/resource-tags.ts';
import { createWorkflowRuns } from '../../github/workflow-runs.ts';
import type { ServingStep } from '../serving-step.ts';
import type { CleanUpDeps } from './run.ts';

type Opened = Pick<ServingStep<unknown>, 'clients' | 'region' | 'context' | 'step' | 'log' | 'clock'>;

/** An endpoint that is being created or updated may be done within this; what is not waits for the next sweep. */
const patienceMs = 3 * 60_000;

/** A sweep's AWS and GitHub. */
export function wireSweep(opened: Opened, github: { readonly token: string; readonly apiUrl: string }): CleanUpDeps {
  const { clients, region, context, step, log, clock } = opened;
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
    prices: createHostingPrices(clients, { region }),
    isRunOver: (runId) => runs.isOver(runId),
  };
}
