import { aliases, endpointVariable, getFunctionName } from '../../serving/names.ts';
import { findExpiry } from '../../serving/ownership.ts';
import type { PromotionSituation, Target } from '../../serving/promotion-plan.ts';
import type { PromoteDeps } from './deps.ts';

/** What the aliases name, as AWS says now. */
export async function readSituation(deps: PromoteDeps): Promise<PromotionSituation> {
  const [candidate, live, previous] = await Promise.all([
    readTarget(aliases.candidate, deps),
    readTarget(aliases.live, deps),
    readTarget(aliases.previous, deps),
  ]);
  return { now: deps.clock.now(), runId: deps.context.workflow.runId, candidate, live, previous };
}

async function readTarget(name: string, { spec, functions, endpoints, tags }: PromoteDeps): Promise<Target | undefined> {
  const functionName = getFunctionName(spec.name);
  const alias = await functions.alias(functionName, name);
  if (!alias) return undefined;
  const version = await functions.version(functionName, alias.version);
  const endpointName = version?.environment[endpointVariable] ?? '';
  const endpoint = endpointName === '' ? undefined : await endpoints.describe(endpointName);
  return {
    version: alias.version,
    revision: alias.revision,
    weighted: alias.weighted,
    description: alias.description ?? '',
    endpointName,
    endpoint,
    expiresAt: endpoint && findExpiry(await tags.read(endpoint.arn)),
  };
}

/** Commit a version was made of, as its description says. */
export async function findCommit(version: string, { spec, functions }: PromoteDeps): Promise<string | undefined> {
  const found = await functions.version(getFunctionName(spec.name), version);
  return / of commit ([0-9a-f]{7,64})\b/.exec(found?.description ?? '')?.[1];
}
