import { expiresTag, findExpiry } from './ownership.ts';
import type { Inventory, SweptEndpoint } from './sweep-inventory.ts';
import { getProtection, hasExpired, isOver, type Protection } from './sweep-protect.ts';

export type SweptKind = 'alias' | 'scaling' | 'endpoint' | 'endpoint-config' | 'model' | 'provisioned-concurrency' | 'version';

/** One removal, or `mark`: nobody names it and nothing says until when it is kept, so it gets a time and a later sweep takes it. */
export interface SweepStep {
  readonly id: string;
  readonly action: 'remove' | 'mark';
  readonly kind: SweptKind;
  readonly name: string;
  /** Of what is marked. */
  readonly arn?: string;
  readonly why: string;
  /** Steps that must have been done before; when one was not, this one waits for the next sweep. */
  readonly needs: readonly string[];
}

export interface SweepPlan {
  /** In the order AWS allows: alias, scaling, endpoint, configuration, model, provisioned concurrency, version. */
  readonly steps: readonly SweepStep[];
  /** What stays, and why. */
  readonly kept: readonly { readonly kind: SweptKind; readonly name: string; readonly why: string }[];
}

interface Settings {
  readonly specName: string;
  /** How long a version that nobody names may lie around: as long as a candidate and its rollback target together. */
  readonly graceSeconds: number;
}

const idOf = (kind: SweptKind, name: string) => `${kind} ${name}`;

/** What a sweep removes and why. Pure; never a step for what `getProtection` names. */
export function planSweep(inventory: Inventory, settings: Settings): SweepPlan {
  const protection = getProtection(inventory, settings.specName);
  const kept: SweepPlan['kept'][number][] = [];
  const aliases = planAliases(inventory, protection);
  const endpoints = planEndpoints(inventory, protection, aliases, kept);
  const configs = planConfigs(inventory, protection, endpoints, kept);
  const models = planModels(inventory, protection, configs, kept);
  const versions = planVersions(inventory, protection, aliases, endpoints, settings, kept);
  return { steps: [...aliases, ...endpoints, ...configs, ...models, ...versions], kept };
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

function planEndpoints(
  inventory: Inventory,
  protection: Protection,
  aliases: readonly SweepStep[],
  kept: SweepPlan['kept'][number][],
): SweepStep[] {
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

/** What was live before, when the promotion that replaced it died before it said until when that is kept: it would bill for ever. */
function isForgotten({ name, tags }: SweptEndpoint, { aliases, versions, promoting }: Inventory): boolean {
  const callers = new Set(versions.flatMap(({ endpoint, version }) => (endpoint === name ? [version] : [])));
  const names = (alias: keyof Inventory['aliases']) => callers.has(aliases[alias]?.version ?? '');
  return !promoting && findExpiry(tags) === undefined && names('previous') && !names('live') && !names('candidate');
}

/** No configuration goes while an endpoint that uses it stays, nor while any update may use one that cannot be seen. */
function planConfigs(
  inventory: Inventory,
  protection: Protection,
  endpoints: readonly SweepStep[],
  kept: SweepPlan['kept'][number][],
): SweepStep[] {
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

function planModels(
  inventory: Inventory,
  protection: Protection,
  configs: readonly SweepStep[],
  kept: SweepPlan['kept'][number][],
): SweepStep[] {
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

/** A version bills only what it keeps warm, so it goes with its endpoint, or when nobody has named it for long. */
function planVersions(
  inventory: Inventory,
  protection: Protection,
  aliases: readonly SweepStep[],
  endpoints: readonly SweepStep[],
  { graceSeconds }: Settings,
  kept: SweepPlan['kept'][number][],
): SweepStep[] {
  const removed = removedNames(endpoints, 'endpoint');
  const dropped = new Set(aliases.map(({ name }) => name));
  return inventory.versions.flatMap((one): SweepStep[] => {
    const { version, endpoint } = one;
    const why = protection.versions.get(version);
    if (why !== undefined) return keep(kept, 'version', version, why);
    const names = Object.entries(inventory.aliases)
      .filter(([, alias]) => alias.version === version)
      .map(([name]) => name);
    if (names.some((name) => !dropped.has(name))) return keep(kept, 'version', version, `alias ${names.join(' and ')} names it`);
    if (endpoint === undefined)
      return keep(kept, 'version', version, 'it calls no endpoint of Trainyard: somebody else published it');
    const reason = whyVersionGoes(one, inventory, removed, graceSeconds);
    if (reason === undefined) return keep(kept, 'version', version, `it may be on its way to be a candidate`);
    const needs = names.map((name) => idOf('alias', name));
    const warm = removal('provisioned-concurrency', version, reason, needs);
    return one.provisioned > 0
      ? [warm, removal('version', version, reason, [...needs, warm.id])]
      : [removal('version', version, reason, needs)];
  });
}

function whyVersionGoes(
  { endpoint, modified }: Inventory['versions'][number],
  { endpoints, now }: Inventory,
  removed: ReadonlySet<string>,
  graceSeconds: number,
): string | undefined {
  if (endpoint !== undefined && removed.has(endpoint)) return `its endpoint ${endpoint} goes`;
  if (now.getTime() - modified.getTime() <= graceSeconds * 1000) return undefined;
  return endpoints.some(({ name }) => name === endpoint) ? 'no alias has named it for long' : `its endpoint ${endpoint} is gone`;
}

type Verdict = { readonly kind: 'keep' | 'remove' | 'mark'; readonly why: string };

/** Whether a resource goes, by its tags. What is in use stays, whatever they say. */
function judge({ tags }: Pick<SweptEndpoint, 'tags'>, inUse: string | undefined, { now }: Inventory): Verdict {
  if (inUse !== undefined) return { kind: 'keep', why: inUse };
  const expiry = tags[expiresTag] ?? '';
  if (findExpiry(tags) === undefined) return { kind: 'mark', why: 'it was superseded, and nothing says until when it is kept' };
  return hasExpired({ tags }, now)
    ? { kind: 'remove', why: `it expired at ${expiry}` }
    : { kind: 'keep', why: `it expires at ${expiry}` };
}

/** An endpoint bills, so it goes before its time when the run that made it is over and has handed it to no alias. */
function judgeEndpoint(endpoint: SweptEndpoint, inUse: string | undefined, inventory: Inventory): Verdict {
  const verdict = judge(endpoint, inUse, inventory);
  const run = endpoint.tags['trainyard:run'];
  if (verdict.kind !== 'keep' || inUse !== undefined || run === undefined || !inventory.endedRuns.has(run)) return verdict;
  return { kind: 'remove', why: `the run ${run} that made it is over, and no alias names it` };
}

function removal(kind: SweptKind, name: string, why: string, needs: readonly string[]): SweepStep {
  return { id: idOf(kind, name), action: 'remove', kind, name, why, needs };
}

function mark(kind: SweptKind, { name, arn }: { name: string; arn: string }, why: string): SweepStep {
  return { id: idOf(kind, name), action: 'mark', kind, name, arn, why, needs: [] };
}

function keep(kept: SweepPlan['kept'][number][], kind: SweptKind, name: string, why: string): SweepStep[] {
  kept.push({ kind, name, why });
  return [];
}

function removedNames(steps: readonly SweepStep[], kind: SweptKind): Set<string> {
  return new Set(steps.filter((step) => step.kind === kind && step.action === 'remove').map(({ name }) => name));
}
