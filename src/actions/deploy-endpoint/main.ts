import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwProblems } from '../../action-error.ts';
import type { Clients } from '../../aws/clients.ts';
import { createEndpointConfigs } from '../../aws/endpoint-configs.ts';
import { createEndpointLogs } from '../../aws/endpoint-logs.ts';
import { createEndpoints } from '../../aws/endpoints.ts';
import { createFunctions } from '../../aws/functions.ts';
import { createHostingPrices } from '../../aws/hosting-prices.ts';
import { createModels } from '../../aws/models.ts';
import { createObjectStore } from '../../aws/object-store.ts';
import { createResourceTags } from '../../aws/resource-tags.ts';
import { createRolePolicies } from '../../aws/role-policies.ts';
import { createRecordStore, createTuningStore } from '../../records/store.ts';
import type { Log } from '../../runner/ports.ts';
import { checkFiles } from '../../spec/check-files.ts';
import { createWorkspace } from '../../workspace/workspace.ts';
import { openServingStep } from '../serving-step.ts';
import { readInputs } from './inputs.generated.ts';
import { run } from './run.ts';
import { getDeploySettings } from './settings.ts';
import { listTrainingWorkflows } from './training-workflows.ts';

/** Reads what the step is asked, puts the adapters together, and deploys. @param root folder of this product's checkout */
export async function deployEndpoint(root: string, log: Log, signal: AbortSignal): Promise<void> {
  const opened = await openServingStep(readInputs, 'Nothing was deployed', log);
  if (!opened) return;
  const { spec, inputs, context, clients, clock, region, bucket } = opened;
  const workspaceRoot = process.env.GITHUB_WORKSPACE ?? process.cwd();
  const today = clock.now().toISOString().slice(0, 10);
  const { settings, warnings, problems } = getDeploySettings(spec, inputs, { region, bucket }, context, today);
  const missing = await checkFiles(spec, workspaceRoot);
  throwProblems([...problems, ...missing]);
  const temp = process.env.RUNNER_TEMP ?? '.';
  const objects = createObjectStore(clients);
  const folder = join(temp, 'trainyard');
  const warn = (message: string) => log.warning(message);
  await run(settings, warnings, [], {
    ...opened,
    ...wireHosting(clients),
    objects,
    openRecords: (zone) => createRecordStore({ objects, bucket, zone, folder, warn }),
    openSearches: (zone) => createTuningStore({ objects, bucket, zone, folder, warn }),
    endpointLogs: createEndpointLogs(clients),
    prices: createHostingPrices(clients, { region }),
    rolePolicies: createRolePolicies(clients),
    workspace: createWorkspace({ root: workspaceRoot, temp }),
    signal,
    launcher: join(root, 'training', 'launcher', 'launcher.py'),
    readText: (path) => readFile(path, 'utf8'),
    readHandler: () => readFile(join(root, 'dist', 'lambda.zip')),
    temp: folder,
    listTrainingWorkflows: () => listTrainingWorkflows(workspaceRoot),
  });
}

/** The adapters that main and post both need. */
export function wireHosting(clients: Clients) {
  return {
    endpoints: createEndpoints(clients),
    configs: createEndpointConfigs(clients),
    models: createModels(clients),
    tags: createResourceTags(clients),
    functions: createFunctions(clients),
  };
}
