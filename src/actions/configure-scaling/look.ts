import { ActionError } from '../../action-error.ts';
import { aliases, endpointVariable, getFunctionName, getStableEndpointName, variantName } from '../../serving/names.ts';
import type { Concurrency, EndpointConfigs, Endpoints, EndpointScaling, Functions } from '../../serving/ports.ts';
import type { ScalingLimits } from '../../serving/scaling-check.ts';
import type { ScalingSituation } from '../../serving/scaling-plan.ts';
import type { ServeSpec } from '../../spec/spec.ts';

export interface LookDeps {
  readonly functions: Pick<Functions, 'alias' | 'version'>;
  readonly endpoints: Pick<Endpoints, 'describe'>;
  readonly configs: Pick<EndpointConfigs, 'describe'>;
  readonly scaling: EndpointScaling;
  readonly concurrency: Concurrency;
}

/** Everything that is read before anything is decided. */
export interface Look {
  readonly situation: ScalingSituation;
  readonly limits: ScalingLimits;
  /** Name of the candidate's endpoint. */
  readonly release: string;
  /** The candidate is what is live already: a change is felt at once. */
  readonly isLive: boolean;
}

/** Looks at the candidate, its scaling and the account; `in-place` at the endpoint that callers use, which may not exist yet. */
export async function look(specName: string, serve: ServeSpec, deps: LookDeps): Promise<Look> {
  const functionName = getFunctionName(specName);
  const { alias, release } = await findCandidate(functionName, deps);
  const inPlace = serve.strategy === 'in-place';
  const name = inPlace ? getStableEndpointName(specName) : release;
  const endpoint = await deps.endpoints.describe(name);
  const config = endpoint && (await deps.configs.describe(endpoint.configName));
  const live = await deps.functions.alias(functionName, aliases.live);
  const previous = await deps.functions.alias(functionName, aliases.previous);
  const others = [live, previous].flatMap((one) => (one && one.version !== alias.version ? [one.version] : []));
  return {
    situation: {
      functionName,
      version: alias.version,
      endpoint: name,
      scaling: endpoint && (await deps.scaling.read(name, variantName)),
      reserved: await deps.concurrency.reserved(functionName),
      provisioned: await deps.concurrency.provisioned(functionName, alias.version),
    },
    limits: {
      account: await deps.concurrency.account(),
      others: await readOthers(functionName, new Set(others), deps),
      weighted: alias.weighted,
      // In place it is scaled by promote-endpoint, when the update is over and with the machines of the spec.
      status: inPlace ? 'InService' : (endpoint?.status ?? 'missing'),
      instanceType: (inPlace ? undefined : config?.instanceType) ?? serve.instanceType,
    },
    release,
    isLive: live?.version === alias.version,
  };
}

function readOthers(
  functionName: string,
  versions: ReadonlySet<string>,
  { concurrency }: LookDeps,
): Promise<ScalingLimits['others']> {
  return Promise.all(
    [...versions].map(async (version) => {
      const held = await concurrency.provisioned(functionName, version);
      return { version, provisioned: held?.requested ?? 0 };
    }),
  );
}

async function findCandidate(functionName: string, { functions }: LookDeps) {
  const alias = await functions.alias(functionName, aliases.candidate);
  const version = alias && (await functions.version(functionName, alias.version));
  if (!alias || !version) {
    throw new ActionError({
      kind: 'configuration',
      message: `The function ${functionName} has no alias candidate, so there is nothing to scale.`,
      fix: 'Run deploy-endpoint before this step; a candidate that nobody promoted in time is removed.',
    });
  }
  const release = version.environment[endpointVariable];
  if (release === undefined || release === '') {
    throw new ActionError({
      kind: 'conflict',
      message: `Version ${alias.version} of ${functionName}, which alias candidate names, calls no endpoint (${endpointVariable} is not set): deploy-endpoint did not make it.`,
      fix: 'Run deploy-endpoint again.',
    });
  }
  return { alias, release };
}
