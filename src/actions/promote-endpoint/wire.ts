import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConcurrency } from '../../aws/concurrency.ts';
import { createEndpointConfigs } from '../../aws/endpoint-configs.ts';
import { createEndpointScaling } from '../../aws/endpoint-scaling.ts';
import { createEndpoints } from '../../aws/endpoints.ts';
import { createFunctions } from '../../aws/functions.ts';
import { createInvocations } from '../../aws/invocations.ts';
import { createModels } from '../../aws/models.ts';
import { createResourceTags } from '../../aws/resource-tags.ts';
import { createDeployments } from '../../github/deployments.ts';
import type { ServingStep } from '../serving-step.ts';
import type { PromoteDeps } from './deps.ts';
import type { Inputs } from './inputs.generated.ts';

/** The adapters of a promotion. @param root folder of this product's checkout */
export function wire(opened: ServingStep<Inputs>, root: string, signal: AbortSignal): PromoteDeps {
  const { clients, context, inputs, spec, log } = opened;
  const apiUrl = process.env.GITHUB_API_URL ?? 'https://api.github.com';
  const runKey = `${spec.name}/${context.workflow.runId}/${context.workflow.attempt}`;
  return {
    ...opened,
    endpoints: createEndpoints(clients),
    configs: createEndpointConfigs(clients),
    models: createModels(clients),
    tags: createResourceTags(clients),
    functions: createFunctions(clients),
    scaling: createEndpointScaling(clients),
    concurrency: createConcurrency(clients),
    invocations: createInvocations(clients),
    deployments: createDeployments({ token: inputs.githubToken, apiUrl, repository: context.repository, log }, runKey),
    signal,
    readHandler: () => readFile(join(root, 'dist', 'lambda.zip')),
  };
}
