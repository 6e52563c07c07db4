import { createHash } from 'node:crypto';
import { ActionError, type Problem, throwProblems } from '../../action-error.ts';
import { zoneUri } from '../../records/keys.ts';
import type { Price } from '../../records/record.ts';
import { type Decision, decideDeployment } from '../../serving/deployment-plan.ts';
import { aliases, endpointVariable, getFunctionName, getReleaseName, getStableEndpointName } from '../../serving/names.ts';
import { servesThisModel } from '../../serving/ownership.ts';
import type { CheckedRole } from '../../serving/record.ts';
import { getReleaseHash } from '../../serving/release-hash.ts';
import { releaseZone } from '../../serving/release-records.ts';
import { findEndpointBudgetProblem, getStandingInstances } from '../../serving/serving-cost.ts';
import { problemOf } from '../train-model/choose.ts';
import { checkRoles } from './check-roles.ts';
import type { DeployDeps, DeploySettings } from './deps.ts';
import { type FoundModel, findModel } from './find-model.ts';
import { findFingerprints } from './fingerprints.ts';

/** Everything that has been found out before the first write. */
export interface Preparation {
  readonly rehearsal: boolean;
  readonly model: FoundModel;
  readonly code: { readonly archive: string; readonly hash: string; readonly files: number; readonly bytes: number };
  readonly handler: Uint8Array;
  /** Name of model, configuration and candidate endpoint. */
  readonly release: string;
  readonly functionName: string;
  /** Where model and serving code lie together, named by what is in it. */
  readonly dataUri: string;
  /** Machines of the candidate, and of the endpoint that is live at last. */
  readonly instances: { readonly candidate: number; readonly live: number };
  readonly price: Price;
  readonly decision: Decision;
  /** What the roles of the spec may do. */
  readonly roles: readonly CheckedRole[];
}

/**
 * Reads everything that can be read and decides what is to be done. Nothing is created.
 * @throws ActionError with all problems at once
 */
export async function prepare(settings: DeploySettings, problems: readonly Problem[], deps: DeployDeps): Promise<Preparation> {
  throwProblems(problems);
  const { spec, serve, bucket, region } = settings;
  const found: Problem[] = [];
  const rehearsal = await deps.isRehearsal();
  if (rehearsal) deps.log.info('This is a rehearsal on the local cloud.');
  await collect('bucket', settings, found, deps.objects.checkBucket(bucket));
  // Without a bucket nothing else that lies in S3 can be looked at, and every look would repeat the same complaint.
  throwProblems(found, 'configuration');
  const handler = await deps.readHandler();
  const code = await collect('code.directory', settings, found, deps.workspace.pack(settings.codeDirectory));
  const model = await collect('model', settings, found, findTheModel(settings, rehearsal, deps));
  const price = await deps.prices.hosting(serve.instanceType, region);
  const live = getStandingInstances(spec);
  const overBudget = findEndpointBudgetProblem(spec, price, live);
  if (overBudget) found.push(problemOf(spec, overBudget.name, overBudget.message, overBudget.fix));
  throwProblems(found, kindOf(found, overBudget));
  if (!code || !model) throw new Error('Code or model were refused without a reason.');
  const instances = { live, candidate: serve.strategy === 'in-place' ? 1 : live };
  const hash = getReleaseHash({
    model: { etag: model.etag, bytes: model.bytes },
    codeHash: code.hash,
    image: settings.image,
    serve,
    instances: live,
    network: spec.network,
    kmsKey: spec.kmsKey,
    handlerHash: createHash('sha256').update(handler).digest('hex'),
  });
  const release = getReleaseName(spec.name, hash);
  const [decision, roles] = await Promise.all([decide(release, live, settings, deps), checkRoles(spec, deps.rolePolicies)]);
  return {
    rehearsal,
    model,
    code,
    handler,
    release,
    functionName: getFunctionName(spec.name),
    dataUri: `${zoneUri(bucket, releaseZone)}deployments/${hash}/model.tar.gz`,
    instances,
    price,
    decision,
    roles,
  };
}

async function findTheModel(settings: DeploySettings, rehearsal: boolean, deps: DeployDeps): Promise<FoundModel> {
  const fingerprints =
    settings.model === undefined
      ? await findFingerprints(settings, rehearsal, deps)
      : { kind: 'unknown' as const, why: 'a model is named' };
  return findModel(settings, fingerprints, rehearsal, deps);
}

const kindOf = (found: readonly Problem[], overBudget: Problem | undefined) =>
  overBudget && found.length === 1 ? 'budget' : 'configuration';

/** The answer, or undefined when it is one more problem. */
async function collect<T>(key: string, { spec }: DeploySettings, found: Problem[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    found.push(...(error.problems.length > 0 ? error.problems : [problemOf(spec, key, error.message, error.fix)]));
    return undefined;
  }
}

async function decide(release: string, instances: number, settings: DeploySettings, deps: DeployDeps): Promise<Decision> {
  const { spec, serve } = settings;
  const functionName = getFunctionName(spec.name);
  const live = await deps.functions.alias(functionName, aliases.live);
  const version = live && (await deps.functions.version(functionName, live.version));
  const endpointName =
    serve.strategy === 'in-place' ? getStableEndpointName(spec.name) : (version?.environment[endpointVariable] ?? '');
  const [liveEndpoint, state] = await Promise.all([
    live && endpointName !== '' ? deps.endpoints.describe(endpointName) : undefined,
    deps.endpoints.describe(release),
  ]);
  const tags = state ? await deps.tags.read(state.arn) : {};
  const decision = decideDeployment({
    release,
    strategy: serve.strategy,
    instances,
    live: live && { version: live.version, endpointName },
    liveEndpoint,
    endpoint: state && { state, tags, ours: servesThisModel(tags, deps.context, spec.name) },
  });
  if (decision.kind === 'refuse') throw new ActionError({ kind: 'conflict', message: decision.message, fix: decision.fix });
  await checkFunction(functionName, deps, spec.name);
  return decision;
}

/** A function of our name that somebody else made is left alone. */
async function checkFunction(name: string, deps: DeployDeps, specName: string): Promise<void> {
  const there = await deps.functions.describe(name);
  if (!there || servesThisModel(there.tags ?? {}, deps.context, specName)) return;
  throw new ActionError({
    kind: 'conflict',
    message: `There is a Lambda function ${name} already, and its tags do not say that this repository's model made it. It was left alone.`,
    fix: 'Change `name` in trainyard.yml, or delete that function if nobody needs it.',
  });
}
