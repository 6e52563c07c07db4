import type { EndpointConfigs, Endpoints, Models, ResourceTags, Tags } from '../serving/ports.ts';

interface TagDeps {
  readonly endpoints: Pick<Endpoints, 'describe'>;
  readonly configs: Pick<EndpointConfigs, 'describe'>;
  readonly models: Pick<Models, 'describe'>;
  readonly tags: ResourceTags;
}

/** Gives an endpoint, its configuration and that one's model the same tags; what is missing is passed over. */
export async function tagRelease(endpointName: string, tags: Tags, deps: TagDeps): Promise<void> {
  const endpoint = await deps.endpoints.describe(endpointName);
  if (!endpoint) return;
  await deps.tags.write(endpoint.arn, tags);
  await tagConfig(endpoint.configName, tags, deps);
}

/** The same for a configuration and its model. */
export async function tagConfig(configName: string, tags: Tags, deps: TagDeps): Promise<void> {
  const config = await deps.configs.describe(configName);
  if (!config) return;
  await deps.tags.write(config.arn, tags);
  const model = await deps.models.describe(config.modelName);
  if (model) await deps.tags.write(model.arn, tags);
}
