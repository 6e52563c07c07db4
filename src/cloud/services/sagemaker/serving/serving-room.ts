import { join } from 'node:path';
import type { Cloud } from '../../../contract.ts';
import type { GetMachinery } from '../../../machines/machinery.ts';
import { writeServer } from '../../../machines/serve.ts';
import { createServingAddresses } from '../../../machines/serving-addresses.ts';
import { changeEndpoint, noteEndpoint, type Endpoint } from './endpoint.ts';
import { createConfigHandlers, type EndpointConfig } from './endpoint-config.ts';
import { createEndpointHandlers, type ScaledVariants } from './endpoint-handlers.ts';
import type { StartInstance } from './fleet.ts';
import { createInstance, createInstanceId } from './instance.ts';
import { createInvokeHandlers } from './invoke-endpoint.ts';
import { killFleet } from './lifecycle.ts';
import { createModelHandlers, type Model } from './model.ts';
import { defaultMinuteSeconds, readTimes, type ServingOptions } from './options.ts';
import { takeServer, type ServerDeps } from './run-server.ts';
import { createScalableVariants } from './scalable-variants.ts';
import { createTable } from './table.ts';

/** Models, endpoints and the machines they run on, without the wire. */
export function createServing(cloud: Cloud, machines: GetMachinery, scaled: ScaledVariants, options: ServingOptions) {
  const models = createTable<Model>(cloud, { noun: 'model', arnType: 'model' });
  const configs = createTable<EndpointConfig>(cloud, { noun: 'endpoint configuration', arnType: 'endpoint-config' });
  const endpoints = createTable<Endpoint>(cloud, { noun: 'endpoint', arnType: 'endpoint' });
  const times = readTimes(options);
  const addresses = createServingAddresses(process.pid);
  const running = new Set<Promise<void>>();
  const kept = new Set<Endpoint>();
  let made: Promise<ServerDeps> | undefined;

  const prepare = async (): Promise<ServerDeps> => {
    const server = join(cloud.folder, 'machines', 'serve.py');
    await writeServer(server);
    return { cloud, machinery: await machines(), server, addresses, times };
  };
  const goOn = (endpoint: Endpoint, work: Promise<void>) => {
    const fail = (error: unknown) => {
      const failureReason = `InternalServerError: ${error instanceof Error ? error.message : String(error)}`;
      changeEndpoint(endpoint, cloud.clock, { status: 'Failed', failureReason });
    };
    const end = work.catch(fail).finally(() => {
      running.delete(end);
      if (endpoints.find(endpoint.name) !== endpoint) kept.delete(endpoint);
    });
    running.add(end);
    kept.add(endpoint);
  };
  const startInstanceOf =
    (endpointOf: () => Endpoint): StartInstance =>
    (spec, model) => {
      const endpoint = endpointOf();
      const id = createInstanceId();
      const plan = {
        id,
        endpoint: endpoint.name,
        variant: spec.VariantName ?? '',
        instanceType: spec.InstanceType ?? '',
        model,
        startupSeconds: spec.ContainerStartupHealthCheckTimeoutInSeconds,
      };
      const onChange = () => noteEndpoint(endpoint, cloud.clock);
      return createInstance({ clock: cloud.clock, drainMs: times.invocationMs, onChange }, id, async () => {
        const server = await (made ??= prepare());
        if (endpoint.closing.signal.aborted) throw new Error('The local cloud is closing.');
        return takeServer(plan, server);
      });
    };

  const { minuteSeconds = defaultMinuteSeconds, quotas = {} } = options;
  const deps = { cloud, configs, endpoints, models, minuteSeconds, quotas, scaled, startInstanceOf, goOn };
  const endpointHandlers = createEndpointHandlers(deps);
  return {
    handlers: {
      ...createModelHandlers(cloud, models),
      ...createConfigHandlers(cloud, configs, models),
      ...endpointHandlers,
    },
    runtimeHandlers: createInvokeHandlers({ cloud, endpoints, invocationMs: times.invocationMs }),
    /** Where the tags of a model, a configuration or an endpoint are. */
    findTags: (arn: string) => [models, configs, endpoints].map((table) => table.findByArn(arn)).find((item) => item)?.tags,
    scalable: createScalableVariants(endpoints, endpointHandlers.UpdateEndpointWeightsAndCapacities),
    /** Ends every instance at once, and waits until their processes are gone. */
    close: async () => {
      for (const endpoint of kept) endpoint.closing.abort();
      await Promise.all(
        [...kept].flatMap(({ state }) => [state.fleet, ...(state.pending ? [state.pending.fleet] : [])].map(killFleet)),
      );
      await Promise.all(running);
    },
  };
}
