import { getStableEndpointName } from './names.ts';
import { findExpiry, previousConfigTag } from './ownership.ts';
import type { Inventory, SweptEndpoint } from './sweep-inventory.ts';

/** Names that no sweep may touch, and the reason for each. */
export interface Protection {
  readonly endpoints: ReadonlyMap<string, string>;
  readonly configs: ReadonlyMap<string, string>;
  readonly models: ReadonlyMap<string, string>;
  /** Versions of the function. */
  readonly versions: ReadonlyMap<string, string>;
}

/**
 * What is in use: all that `live` names, that `previous` and `candidate` name until it expires, and the endpoint of the stable name,
 * which callers may use themselves. A version protects its endpoint, an endpoint its configuration, a configuration its model.
 */
export function getProtection(inventory: Inventory, specName: string): Protection {
  const endpoints = new Map<string, string>();
  const configs = new Map<string, string>();
  const models = new Map<string, string>();
  const versions = new Map<string, string>();
  const keepRelease = (name: string, why: string) => {
    put(endpoints, name, why);
    // The configurations and the model of a release bear its name, so they are known even when its endpoint cannot be seen.
    put(models, name, why);
    for (const config of inventory.configs)
      if (config.name === name || isVariantOf(config.name, name)) put(configs, config.name, why);
  };

  for (const alias of ['live', 'previous', 'candidate'] as const) {
    const version = inventory.aliases[alias]?.version;
    if (version === undefined || (alias !== 'live' && isOver(inventory, version))) continue;
    const why = `alias ${alias} names it`;
    put(versions, version, why);
    const endpoint = inventory.versions.find((one) => one.version === version)?.endpoint;
    if (endpoint !== undefined) keepRelease(endpoint, why);
  }
  put(endpoints, getStableEndpointName(specName), 'callers may use the endpoint of this name');
  for (const endpoint of inventory.endpoints) {
    const back = endpoint.tags[previousConfigTag];
    if (back !== undefined) put(configs, back, `${endpoint.name} can go back to it`);
    const why = endpoints.get(endpoint.name);
    if (why !== undefined) put(configs, endpoint.configName, `the endpoint ${endpoint.name} runs it`);
  }
  for (const config of inventory.configs)
    if (configs.has(config.name)) put(models, config.modelName, `the configuration ${config.name} names it`);
  return { endpoints, configs, models, versions };
}

/** Whether an alias names something whose time is over: its endpoint has expired or is gone. */
export function isOver({ endpoints, versions, now, promoting }: Inventory, version: string): boolean {
  if (promoting) return false;
  const name = versions.find((one) => one.version === version)?.endpoint;
  if (name === undefined) return false;
  const endpoint = endpoints.find((one) => one.name === name);
  return endpoint === undefined || hasExpired(endpoint, now);
}

export function hasExpired({ tags }: Pick<SweptEndpoint, 'tags'>, now: Date): boolean {
  const expiry = findExpiry(tags);
  return expiry !== undefined && expiry.getTime() <= now.getTime();
}

function put(map: Map<string, string>, name: string, why: string): void {
  if (!map.has(name)) map.set(name, why);
}

/** `dogs-0123456789-x3` is a configuration of the release `dogs-0123456789`. */
function isVariantOf(config: string, release: string): boolean {
  return config.startsWith(`${release}-x`) && /^\d+$/.test(config.slice(release.length + 2));
}
