import { aliases, endpointVariable } from '../../serving/names.ts';
import { expiresTag, formatExpiry } from '../../serving/ownership.ts';
import { waitFor } from '../../time/wait-for.ts';
import type { HostingDeps } from './deps.ts';
import type { SavedState } from './state.ts';

/** A create call that was on its way when main was killed shows what it made by then. */
const unseenMs = 10_000;
/** `post` may take five minutes in all; an endpoint that is being created is given this long. */
const busyMs = 60_000;

/**
 * Removes a candidate that was not handed on: alias, version, endpoint, configuration, model, as far as this run made them.
 * What live or its way back names stays, whoever made it.
 */
export async function removeCandidate(state: SavedState, deps: HostingDeps): Promise<void> {
  const { release } = state;
  if (await isNeeded(state, deps)) return deps.log.info(`${release} is in use by live or its way back: nothing is removed.`);
  await attempt('the version of the function', deps, () => removeVersions(state, deps));
  const { creates } = state;
  const ended = creates.endpoint ? await attempt(`the endpoint ${release}`, deps, () => removeEndpoint(state, deps)) : 'left';
  // An endpoint that still is being made needs its configuration and model.
  if (ended !== 'gone') return;
  if (creates.config)
    await attempt(`the configuration ${release}`, deps, () => remove('Configuration', release, deps.configs, deps));
  if (creates.model) await attempt(`the model ${release}`, deps, () => remove('Model', release, deps.models, deps));
}

/** Whether alias live or previous names a version that calls this release. */
async function isNeeded({ functionName, release }: SavedState, { functions }: HostingDeps): Promise<boolean> {
  for (const name of [aliases.live, aliases.previous]) {
    const alias = await functions.alias(functionName, name);
    const version = alias && (await functions.version(functionName, alias.version));
    if (version?.environment[endpointVariable] === release) return true;
  }
  return false;
}

/** The alias first: nobody may call a version that goes. */
async function removeVersions({ functionName, release, mark }: SavedState, { functions, log }: HostingDeps): Promise<void> {
  const candidate = await functions.alias(functionName, aliases.candidate);
  if (candidate?.description?.includes(`(${mark})`)) {
    await functions.deleteAlias(functionName, aliases.candidate);
    log.info('Alias candidate: removed.');
  }
  const named = (await functions.alias(functionName, aliases.candidate))?.version;
  for (const { version, environment } of await functions.versions(functionName)) {
    if (environment[endpointVariable] !== release || version === named) continue;
    const { description = '' } = (await functions.version(functionName, version)) ?? {};
    if (!description.includes(`(${mark})`)) continue;
    await functions.deleteVersion(functionName, version);
    log.info(`Version ${version} of ${functionName}: removed.`);
  }
}

async function removeEndpoint(state: SavedState, deps: HostingDeps): Promise<'gone' | 'busy'> {
  const { release } = state;
  const waited = await waitFor({
    look: () => deps.endpoints.delete(release),
    judge: (seen, elapsedMs) => {
      if (seen === 'deleted') return seen;
      return seen === 'missing' && elapsedMs >= unseenMs ? seen : undefined;
    },
    limitMs: busyMs,
    clock: deps.clock,
  });
  if (waited.outcome === 'reached') {
    deps.log.info(`Endpoint ${release}: ${waited.result === 'deleted' ? 'removed' : 'was never created'}.`);
    return 'gone';
  }
  const endpoint = await deps.endpoints.describe(release);
  if (endpoint) await deps.tags.write(endpoint.arn, { ...state.tags, [expiresTag]: formatExpiry(deps.clock.now()) });
  deps.log.warning(
    `The endpoint ${release} is still ${endpoint?.status ?? 'on its way'}, and AWS lets nobody delete it until that is over. It is marked as expired and billed until the clean-up workflow takes it.`,
    'Left to clean-up',
  );
  return 'busy';
}

async function remove(
  kind: string,
  name: string,
  resources: { delete(name: string): Promise<'deleted' | 'missing'> },
  { log }: HostingDeps,
): Promise<void> {
  if ((await resources.delete(name)) === 'deleted') log.info(`${kind} ${name}: removed.`);
}

/** One thing that cannot be removed now keeps nobody from removing the others. */
async function attempt<T>(what: string, { log }: HostingDeps, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    log.warning(`Could not remove ${what}: ${text} The clean-up workflow tries again.`, 'Left to clean-up');
    return undefined;
  }
}
