import { ActionError } from '../../action-error.ts';
import type { RunContext } from '../../records/context.ts';
import { aliases, endpointVariable, getFunctionName, variantName } from '../../serving/names.ts';
import { servesThisModel } from '../../serving/ownership.ts';
import { readMark } from '../../serving/promotion-mark.ts';
import type {
  Concurrency,
  EndpointConfigs,
  Endpoints,
  EndpointScaling,
  Functions,
  Models,
  ResourceTags,
  Tags,
} from '../../serving/ports.ts';
import type { Inventory, SweptConfig, SweptEndpoint, SweptMachine, SweptVersion } from '../../serving/sweep-inventory.ts';
import { isLive } from '../../training/ec2/job-state.ts';
import type { Machines } from '../../training/ec2/ports.ts';
import type { Clock } from '../../time/clock.ts';

export interface LookDeps {
  readonly context: RunContext;
  readonly endpoints: Pick<Endpoints, 'list' | 'describe'>;
  readonly configs: Pick<EndpointConfigs, 'list' | 'describe'>;
  readonly models: Pick<Models, 'list'>;
  readonly functions: Pick<Functions, 'describe' | 'versions' | 'alias'>;
  readonly machines?: Pick<Machines, 'find'>;
  readonly tags: Pick<ResourceTags, 'read'>;
  readonly concurrency: Pick<Concurrency, 'provisioned'>;
  readonly scaling: Pick<EndpointScaling, 'read'>;
  /** Whether a workflow run is over, as far as GitHub tells. */
  readonly isRunOver: (runId: string) => Promise<boolean | undefined>;
  readonly clock: Clock;
}

/** Looks at everything of this model and repository. What bears the name but not our tags is not ours and not looked at again. */
export async function takeInventory(specName: string, deps: LookDeps): Promise<Inventory> {
  const prefix = `${specName}-`;
  const functionName = getFunctionName(specName);
  const isOurs = (tags: Tags) => servesThisModel(tags, deps.context, specName);
  const named = await readAliases(functionName, deps);
  const versions = await readVersions(functionName, isOurs, deps);
  const endpoints = await readEndpoints(prefix, versions, isOurs, deps);
  const configs = await readConfigs(prefix, isOurs, deps);
  const machines = await readMachines(specName, deps);
  const models = await withTags(await deps.models.list(prefix), isOurs, deps);
  return {
    functionName,
    now: deps.clock.now(),
    endpoints,
    configs,
    models,
    versions,
    ...named,
    machines,
    endedRuns: await findEndedRuns([...endpoints, ...machines], deps),
  };
}

/** Machines that are asked for by our tags, so those of others are not among them. */
async function readMachines(specName: string, { machines, context }: LookDeps): Promise<SweptMachine[]> {
  const { owner, name } = context.repository;
  const found = (await machines?.find({ 'trainyard:repo': `${owner}/${name}`, 'trainyard:name': specName })) ?? [];
  return found
    .filter(isLive)
    .map(({ id, launched, tags, instanceType }) => ({ name: id, created: launched, tags, instanceType }));
}

/** A promotion that has not said so for this long is not going on any more. */
const promotingMs = 2 * 3600_000;

function isPromoting(description: string, now: Date): boolean {
  const mark = readMark(description);
  return mark?.state === 'promoting' && now.getTime() - mark.at.getTime() <= promotingMs;
}

async function readAliases(
  functionName: string,
  { functions, clock }: LookDeps,
): Promise<Pick<Inventory, 'aliases' | 'promoting'>> {
  const found: [string, { version: string }][] = [];
  let promoting = false;
  for (const name of Object.values(aliases)) {
    const alias = await functions.alias(functionName, name);
    if (!alias) continue;
    found.push([name, { version: alias.version }]);
    if (name === aliases.live) promoting = isPromoting(alias.description ?? '', clock.now());
  }
  return { aliases: Object.fromEntries(found), promoting };
}

/** @throws ActionError for a function of that name which another repository made: its versions say nothing about our endpoints */
async function readVersions(functionName: string, isOurs: (tags: Tags) => boolean, deps: LookDeps): Promise<SweptVersion[]> {
  const state = await deps.functions.describe(functionName);
  if (!state) return [];
  // Without lambda:ListTags there are none to see, which says nothing.
  if (state.tags && Object.keys(state.tags).length > 0 && !isOurs(state.tags)) {
    throw new ActionError({
      kind: 'conflict',
      message: `There is a function ${functionName}, and its tags do not say that this repository's model made it. Nothing was removed, because it may use what is here.`,
      fix: 'Change `name` in trainyard.yml, or delete that function if nobody needs it.',
    });
  }
  const found: SweptVersion[] = [];
  for (const { version, environment, modified } of await deps.functions.versions(functionName)) {
    const provisioned = (await deps.concurrency.provisioned(functionName, version))?.requested ?? 0;
    found.push({ version, endpoint: environment[endpointVariable], modified, provisioned });
  }
  return found;
}

/** Lists lag behind: an endpoint that a version calls and the list does not have is asked for by its name. */
async function readEndpoints(
  prefix: string,
  versions: readonly SweptVersion[],
  isOurs: (tags: Tags) => boolean,
  deps: LookDeps,
): Promise<SweptEndpoint[]> {
  const listed = (await deps.endpoints.list(prefix)).map(({ name }) => name);
  const called = versions.flatMap(({ endpoint }) => (endpoint?.startsWith(prefix) ? [endpoint] : []));
  const found: SweptEndpoint[] = [];
  for (const name of new Set([...listed, ...called])) {
    const endpoint = await deps.endpoints.describe(name);
    if (!endpoint) continue;
    const { arn, created, status, configName, pending, variant } = endpoint;
    const tags = await deps.tags.read(arn);
    if (!isOurs(tags)) continue;
    const instances = Math.max(variant.instances, variant.desiredInstances);
    const scaled = (await deps.scaling.read(name, variantName)) !== undefined;
    found.push({ name, arn, created, tags, status, configName, pending, instances, scaled });
  }
  return found;
}

async function readConfigs(prefix: string, isOurs: (tags: Tags) => boolean, deps: LookDeps): Promise<SweptConfig[]> {
  const found: SweptConfig[] = [];
  for (const { name, arn, created, tags } of await withTags(await deps.configs.list(prefix), isOurs, deps)) {
    const config = await deps.configs.describe(name);
    if (!config) continue;
    const { modelName, instanceType, instanceCount } = config;
    found.push({ name, arn, created, tags, modelName, instanceType, instanceCount });
  }
  return found;
}

async function withTags<T extends { arn: string }>(
  resources: readonly T[],
  isOurs: (tags: Tags) => boolean,
  { tags }: LookDeps,
): Promise<(T & { tags: Tags })[]> {
  const found: (T & { tags: Tags })[] = [];
  for (const resource of resources) {
    const read = await tags.read(resource.arn);
    if (isOurs(read)) found.push({ ...resource, tags: read });
  }
  return found;
}

async function findEndedRuns(endpoints: readonly { readonly tags: Tags }[], { isRunOver }: LookDeps): Promise<Set<string>> {
  const runs = new Set(
    endpoints.flatMap(({ tags }) => (/^\d{1,20}$/.test(tags['trainyard:run'] ?? '') ? [tags['trainyard:run'] ?? ''] : [])),
  );
  const ended = new Set<string>();
  for (const run of runs) if ((await isRunOver(run)) === true) ended.add(run);
  return ended;
}
