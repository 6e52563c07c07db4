import { createConcurrency } from '../../aws/concurrency.ts';
import { createEndpointConfigs } from '../../aws/endpoint-configs.ts';
import { createEndpointScaling } from '../../aws/endpoint-scaling.ts';
import { createEndpoints } from '../../aws/endpoints.ts';
import { createFunctions } from '../../aws/functions.ts';
import { createHostingPrices } from '../../aws/hosting-prices.ts';
import type { Log } from '../../runner/ports.ts';
import { openServingStep } from '../serving-step.ts';
import { orCancelled } from '../train-model/cancel.ts';
import { readInputs } from './inputs.generated.ts';
import { cancelledBefore, run } from './run.ts';

/** Reads what the step is asked, puts the adapters together, and scales. */
export async function configureScaling(log: Log, signal: AbortSignal): Promise<void> {
  const opened = await orCancelled(openServingStep(readInputs, 'Nothing was scaled', log), signal, cancelledBefore);
  if (!opened) return;
  const { clients, region } = opened;
  await run(opened.inputs, {
    ...opened,
    functions: createFunctions(clients),
    endpoints: createEndpoints(clients),
    configs: createEndpointConfigs(clients),
    scaling: createEndpointScaling(clients),
    concurrency: createConcurrency(clients),
    prices: createHostingPrices(clients, { region }),
    signal,
  });
}
