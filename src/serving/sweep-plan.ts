import type { Inventory } from './sweep-inventory.ts';
import { isForgotten, judge, judgeEndpoint } from './sweep-judge.ts';
import { planMachines } from './sweep-machines.ts';
import { getProtection, isOver, type Protection } from './sweep-protect.ts';
import { idOf, keep, type Kept, mark, removal, removedNames, type SweepPlan, type SweepStep } from './sweep-step.ts';
import { planVersions } from './sweep-versions.ts';

interface Settings {
  readonly specName: string;
  /** How long a version that nobody names may lie around: as long as a candidate and its rollback target together. */
  readonly graceSeconds: number;
}

/** What a sweep removes and why. Pure; never a step for what `getProtection` names. */
export function planSweep(inventory: Inventory, settings: Settings): SweepPlan {
  const protection = getProtection(inventory, settings.specName);
  const kept: Kept[] = [];
  const machines = planMachines(inventory, kept);
  const aliases = planAliases(inventory, protection);
  const endpoints = planEndpoints(inventory, protection, aliases, kept);
  const configs = planConfigs(inventory, protection, endpoints, kept);
  const models = planModels(inventory, protection, configs, kept);
  const versions = planVersions(inventory, protection, aliases, endpoints, settings.graceSeconds, kept);
  return { steps: [...machines, ...aliases, ...endpoints, ...configs, ...models, ...versions], kept };
}

/** An alias goes first: from then on nobody can promote what is being taken apart. */
function planAliases(inventory: Inventory, protection: Protection): SweepStep[] {
  return (['candidate', 'previous'] as const).flatMap((name) => {
    const version = inventory.aliases[name]?.version;
    // An alias that names what is live is true for ever and costs nothing.
    if (version === undefined || protection.versions.has(version) || !isOver(inventory, version)) return [];
    return [removal('alias', name, name === 'candidate' ? 'nobody promoted it in time' : 'the time to go back is over', [])];
  });
}

function planEndpoints(inventory: Inventory, protection: Protection, aliases: readonly SweepStep[], kept: Kept[]): SweepStep[] {
  const named = new Map(
    Object.entries(inventory.aliases).map(([alias, { version }]) => [
      inventory.versions.find((one) => one.version === version)?.endpoint,
      alias,
    ]),
  );
  return inventory.endpoints.flatMap((endpoint): SweepStep[] => {
    const { name } = endpoint;
    if (endpoint.status === 'Deleting') return [];
    if (isForgotten(endpoint, inventory))
      return [mark('endpoint', endpoint, 'only alias previous names it, and nothing says until when')];
    const verdict = judgeEndpoint(endpoint, protection.endpoints.get(name), inventory);
    if (verdict.kind === 'keep') return keep(kept, 'endpoint', name, verdict.why);
    if (verdict.kind === 'mark') return [mark('endpoint', endpoint, verdict.why)];
    const alias = named.get(name);
    const needs = aliases.filter((step) => step.name === alias).map(({ id }) => id);
    if (!endpoint.scaled) return [removal('endpoint', name, verdict.why, needs)];
    const scaling = removal('scaling', name, verdict.why, needs);
    return [scaling, removal('endpoint', name, verdict.why, [...needs, scaling.id])];
  });
}

/** No configuration goes while an endpoint that uses it stays, nor while any update may use one that cannot be seen. */
function planConfigs(inventory: Inventory, protection: Protection, endpoints: readonly SweepStep[], kept: Kept[]): SweepStep[] {
  const removed = removedNames(endpoints, 'endpoint');
  const standing = inventory.endpoints.filter(({ name, status }) => status !== 'Deleting' && !removed.has(name));
  const updating = standing.find(
    ({ pending, status }) => pending || status === 'Updating' || status === 'RollingBack' || status === 'SystemUpdating',
  );
  return inventory.configs.flatMap((config): SweepStep[] => {
    const user = standing.find(({ configName }) => configName === config.name);
    const why = user
      ? `the endpoint ${user.name} runs it`
      : updating
        ? `the endpoint ${updating.name} is being updated`
        : protection.configs.get(config.name);
    const verdict = judge(config, why, inventory);
    if (verdict.kind === 'keep') return keep(kept, 'endpoint-config', config.name, verdict.why);
    if (verdict.kind === 'mark') return [mark('endpoint-config', config, verdict.why)];
    const users = inventory.endpoints.filter(({ name, configName }) => configName === config.name && removed.has(name));
    return [
      removal(
        'endpoint-config',
        config.name,
        verdict.why,
        users.map(({ name }) => idOf('endpoint', name)),
      ),
    ];
  });
}

function planModels(inventory: Inventory, protection: Protection, configs: readonly SweepStep[], kept: Kept[]): SweepStep[] {
  const removed = removedNames(configs, 'endpoint-config');
  return inventory.models.flatMap((model): SweepStep[] => {
    const users = inventory.configs.filter(({ modelName }) => modelName === model.name);
    const user = users.find(({ name }) => !removed.has(name));
    const why = user ? `the configuration ${user.name} names it` : protection.models.get(model.name);
    const verdict = judge(model, why, inventory);
    if (verdict.kind === 'keep') return keep(kept, 'model', model.name, verdict.why);
    if (verdict.kind === 'mark') return [mark('model', model, verdict.why)];
    return [
      removal(
        'model',
        model.name,
        verdict.why,
        users.map(({ name }) => idOf('endpoint-config', name)),
      ),
    ];
  });
}
