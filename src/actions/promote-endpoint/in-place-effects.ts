import { describeEndpoint, type EndpointEnd, judgeCreation, judgeUpdate, type UpdateEnd } from '../../serving/endpoint-state.ts';
import { aliases, endpointVariable, getFunctionName, getStableEndpointName, variantName } from '../../serving/names.ts';
import { previousConfigTag } from '../../serving/ownership.ts';
import type { Endpoint, Rollout, ScalingState } from '../../serving/ports.ts';
import { readMark, writeMark } from '../../serving/promotion-mark.ts';
import type { Target } from '../../serving/promotion-plan.ts';
import type { PreparedCase } from '../../serving/smoke-expect.ts';
import type { ServeSpec } from '../../spec/spec.ts';
import { waitFor } from '../../time/wait-for.ts';
import { createStatusLine } from '../status-line.ts';
import { tagConfig } from '../tag-release.ts';
import type { PromoteDeps } from './deps.ts';
import { attempt, done, type Effects, failed, raced } from './effects.ts';
import { getKeptTags, getLiveTags } from './lifetimes.ts';
import { verifyLive } from './verify.ts';

/** What is promoted, and what there was before anything was changed. */
export interface InPlacePromotion {
  readonly serve: ServeSpec;
  readonly lambdaRole: string;
  readonly to: Target;
  /** What alias live named; undefined for a first release. */
  readonly from: Target | undefined;
  readonly previous: Target | undefined;
  readonly commit: string | undefined;
  /** The configuration that becomes live, and the one it is made of when it does not exist yet. */
  readonly wanted: {
    readonly name: string;
    readonly modelName: string;
    readonly instanceType: string;
    readonly instances: number;
  };
  /** The configuration that was live; undefined for a first release. */
  readonly before: { readonly name: string; readonly instanceType: string } | undefined;
  /** The configuration a return would have gone to, as the stable endpoint's tag says. */
  readonly noted: string | undefined;
  readonly range: ScalingState | undefined;
  readonly cases: readonly PreparedCase[];
}

/** A rollout may wait an hour between steps, and AWS gives it eight at most. */
const updateMs = 9 * 3600_000;
const createMs = 60 * 60_000;

/** The steps with the endpoint of the stable name, which AWS updates under its callers. */
export function createInPlaceEffects(promotion: InPlacePromotion, deps: PromoteDeps): Effects {
  const { from, previous, wanted, before, range, serve } = promotion;
  const { functions, endpoints, configs, scaling, log, clock, context, spec } = deps;
  const { runId } = context.workflow;
  const name = getFunctionName(spec.name);
  const stable = getStableEndpointName(spec.name);
  const describe = (state: 'promoting' | 'live') =>
    writeMark({ state, runId, at: clock.now(), ...(promotion.commit === undefined ? {} : { commit: promotion.commit }) });
  const changesType = before !== undefined && before.instanceType !== wanted.instanceType;
  /** AWS fails an update that changes the machines of an endpoint that scales. */
  const takeOffScaling = async () => {
    if (!range || !changesType) return;
    await scaling.deregister(stable, variantName);
    log.info(`Scaling of ${stable}: taken off while the machines change.`);
  };
  let version = '';

  return {
    async raise() {
      const tags = getKeptTags(deps);
      const { instances: instanceCount, modelName, instanceType } = wanted;
      await configs.create({
        name: wanted.name,
        modelName,
        variant: variantName,
        instanceType,
        instanceCount,
        ...(spec.kmsKey === undefined ? {} : { kmsKey: spec.kmsKey }),
        tags,
      });
      // From here on this run holds the stable endpoint: whoever comes later sees the mark, whoever comes now loses the race.
      if (!from) return done;
      const outcome = await functions.putAlias(name, aliases.live, from.version, from.revision, describe('promoting'));
      return outcome === 'done' ? done : raced('another run is promoting: alias live has moved meanwhile. Nothing was changed.');
    },

    async remember() {
      const endpoint = await endpoints.describe(stable);
      if (endpoint && before) await deps.tags.write(endpoint.arn, { ...getLiveTags(deps), [previousConfigTag]: before.name });
      if (!from || previous?.version === from.version) return done;
      const outcome = await functions.putAlias(name, aliases.previous, from.version, previous?.revision, from.description);
      return outcome === 'done' ? done : raced('another run is promoting: alias previous has moved meanwhile.');
    },

    async move() {
      const there = await endpoints.describe(stable);
      if (!there) {
        await endpoints.create({ name: stable, configName: wanted.name, tags: getLiveTags(deps) });
        log.info(`Endpoint ${stable}: created with ${wanted.name}; waiting until it serves.`);
        const end = await waitForCreation(stable, deps);
        if (end !== undefined) return failed(end);
      } else if (there.configName !== wanted.name) {
        await takeOffScaling();
        await endpoints.update({ name: stable, configName: wanted.name, rollout: toRollout(serve) });
        log.info(`Endpoint ${stable}: updating from ${there.configName} to ${wanted.name}, ${describeRollout(serve)}.`);
        const end = await waitForUpdate(stable, wanted.name, deps);
        if (end !== undefined) return failed(end);
      }
      return afterUpdate(async () => {
        if (spec.scaling?.endpoint) await applyScaling(stable, spec.scaling.endpoint, deps);
        version = await publishLive(promotion, describe('promoting'), deps);
      });
    },

    verify: () => verifyLive(promotion.cases, { version, endpointName: stable }, deps),

    async settle() {
      const now = await functions.alias(name, aliases.live);
      if (now) {
        await attempt('Saying that live is verified', log, () =>
          functions.putAlias(name, aliases.live, now.version, now.revision, describe('live')),
        );
      }
      await attempt(`Keeping ${wanted.name}`, log, () => tagConfig(wanted.name, getLiveTags(deps), deps));
      if (before && before.name !== wanted.name)
        await attempt(`The end of ${before.name}`, log, () => tagConfig(before.name, getKeptTags(deps), deps));
      await attempt('Removing the candidate', log, () =>
        removeCandidate(name, promotion.to, version || promotion.to.version, deps),
      );
      return done;
    },

    async giveBack(reason) {
      if (!before) return giveBackFirst(name, stable, reason, deps);
      log.info(`${reason} ${stable} goes back to ${before.name}.`);
      if (changesType) await scaling.deregister(stable, variantName);
      await endpoints.update({ name: stable, configName: before.name, rollout: { kind: 'all-at-once' } });
      const end = await waitForUpdate(stable, before.name, { ...deps, signal: new AbortController().signal });
      return end === undefined ? done : failed(end);
    },

    async restore() {
      await attempt(`The scaling of ${stable}`, log, () => restoreScaling(stable, range, deps));
      await attempt('Alias live', log, () => restoreAlias(name, aliases.live, from, runId, deps));
      await attempt('Alias previous', log, () => restorePrevious(name, promotion, deps));
      await attempt('What a return goes to', log, () => restoreNote(stable, promotion, deps));
      return done;
    },
  };
}

/** Live has been updated already: what fails now is for `verify` and `give-back` to deal with, not a refusal. */
async function afterUpdate(work: () => Promise<void>) {
  try {
    await work();
    return done;
  } catch (error) {
    return failed(`The endpoint is updated, but: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toRollout({ rollout }: ServeSpec): Rollout {
  return rollout;
}

function describeRollout({ rollout }: ServeSpec): string {
  const alarms = rollout.alarms.length > 0 ? `alarms ${rollout.alarms.join(', ')} take it back` : 'no alarm watches it';
  return rollout.kind === 'all-at-once'
    ? `all at once, ${alarms}`
    : `${rollout.kind} by ${rollout.percent} %, ${rollout.waitSeconds} s between steps, ${alarms}`;
}

/** Undefined when it serves; else why not. */
async function waitForCreation(stable: string, deps: PromoteDeps): Promise<string | undefined> {
  const tell = createStatusLine(`Endpoint ${stable}`, deps);
  const waited = await waitFor<Endpoint | undefined, EndpointEnd>({
    look: () => deps.endpoints.describe(stable),
    judge: (seen, elapsedMs) => {
      tell(describeEndpoint(seen));
      return judgeCreation(seen, elapsedMs);
    },
    limitMs: createMs,
    clock: deps.clock,
    signal: deps.signal,
  });
  if (waited.outcome === 'reached' && waited.result.kind === 'in-service') return undefined;
  if (waited.outcome === 'aborted') return `The workflow was cancelled while ${stable} was being created.`;
  return waited.outcome === 'reached' && waited.result.kind === 'failed'
    ? waited.result.reason
    : `${stable} has not come to serve.`;
}

/** Undefined when the configuration that was asked for is live; else why not. */
async function waitForUpdate(stable: string, wantedConfig: string, deps: PromoteDeps): Promise<string | undefined> {
  const tell = createStatusLine(`Endpoint ${stable}`, deps);
  let begun = false;
  const waited = await waitFor<Endpoint | undefined, UpdateEnd>({
    look: () => deps.endpoints.describe(stable),
    judge: (seen, elapsedMs) => {
      begun ||= seen !== undefined && (seen.pending || seen.status !== 'InService');
      tell(describeEndpoint(seen));
      return judgeUpdate(seen, wantedConfig, begun, elapsedMs);
    },
    limitMs: updateMs,
    clock: deps.clock,
    signal: deps.signal,
  });
  if (waited.outcome === 'aborted')
    return `The workflow was cancelled while AWS updates ${stable}, which nobody can stop: the update goes on by itself and is not verified. Run this job again, or with rollback: true to go back.`;
  if (waited.outcome === 'timed-out') return `${stable} has been updating for ${updateMs / 3600_000} hours.`;
  if (waited.result.kind === 'updated') return undefined;
  const { kind, reason } = waited.result;
  return kind === 'rolled-back' ? `AWS took the update to ${wantedConfig} back: ${reason}` : reason;
}

/** A version that calls the stable endpoint, and alias live on it. */
async function publishLive(promotion: InPlacePromotion, mark: string, deps: PromoteDeps): Promise<string> {
  const { spec, functions, context } = deps;
  const { serve, lambdaRole, wanted, commit } = promotion;
  const name = getFunctionName(spec.name);
  const request = {
    name,
    roleArn: lambdaRole,
    zip: await deps.readHandler(),
    memoryMb: serve.lambda.memoryMb,
    timeoutSeconds: serve.lambda.timeoutSeconds,
    environment: { [endpointVariable]: getStableEndpointName(spec.name) },
    description: `release ${wanted.name} of commit ${commit ?? context.commit} (run ${context.workflow.runId})`,
    tags: getLiveTags(deps),
  };
  await functions.ensure(request);
  const { version } = await functions.publish(request);
  const live = await functions.alias(name, aliases.live);
  const outcome = await functions.putAlias(name, aliases.live, version, live?.revision, mark);
  if (outcome === 'moved-by-others') throw new Error('alias live was moved by another run.');
  deps.log.info(`Alias live: version ${version}, which calls ${getStableEndpointName(spec.name)}.`);
  return version;
}

async function applyScaling(
  stable: string,
  wanted: {
    min: number;
    max: number;
    invocationsPerMinute: number;
    scaleInCooldownSeconds: number;
    scaleOutCooldownSeconds: number;
  },
  { scaling, log }: PromoteDeps,
): Promise<void> {
  const { min, max, ...policy } = wanted;
  await scaling.register(stable, variantName, { min, max });
  await scaling.putPolicy(stable, variantName, policy);
  log.info(`Scaling of ${stable}: ${min} to ${max}, ${policy.invocationsPerMinute} calls a minute and machine.`);
}

/** The candidate has done its work: its machine is billed until it goes. Alias candidate then says that live is what was asked for. */
async function removeCandidate(name: string, candidate: Target, version: string, deps: PromoteDeps): Promise<void> {
  const { functions, endpoints, log, spec } = deps;
  const alias = await functions.alias(name, aliases.candidate);
  if (alias && alias.version === candidate.version && version !== alias.version)
    await functions.putAlias(name, aliases.candidate, version, alias.revision, 'live already');
  if (candidate.endpointName === getStableEndpointName(spec.name)) return;
  const outcome = await endpoints.delete(candidate.endpointName);
  log.info(`Candidate endpoint ${candidate.endpointName}: ${outcome === 'busy' ? 'busy, left to clean-up' : 'removed'}.`);
}

async function giveBackFirst(name: string, stable: string, reason: string, deps: PromoteDeps) {
  deps.log.info(`${reason} This was the first release: nothing was live before, and nothing is live now.`);
  await deps.functions.deleteAlias(name, aliases.live);
  const outcome = await deps.endpoints.delete(stable);
  return outcome === 'busy' ? failed(`${stable} cannot be deleted now; the clean-up workflow takes it.`) : done;
}

async function restoreScaling(stable: string, range: ScalingState | undefined, { scaling }: PromoteDeps): Promise<void> {
  if (!range || (await scaling.read(stable, variantName))) return;
  await scaling.register(stable, variantName, { min: range.min, max: range.max });
  if (range.policy) await scaling.putPolicy(stable, variantName, range.policy);
}

/** An alias that bears our mark is put back to what it was. */
async function restoreAlias(
  name: string,
  alias: string,
  before: Target | undefined,
  runId: string,
  { functions }: PromoteDeps,
): Promise<void> {
  const now = await functions.alias(name, alias);
  const mark = readMark(now?.description ?? '');
  if (!now || !before || mark?.state !== 'promoting' || mark.runId !== runId) return;
  await functions.putAlias(name, alias, before.version, now.revision, before.description);
}

async function restoreNote(stable: string, { before, noted }: InPlacePromotion, deps: PromoteDeps): Promise<void> {
  const endpoint = await deps.endpoints.describe(stable);
  if (!endpoint || noted === before?.name) return;
  await deps.tags.write(endpoint.arn, { ...getLiveTags(deps), [previousConfigTag]: noted ?? '' });
}

async function restorePrevious(name: string, { from, previous }: InPlacePromotion, { functions }: PromoteDeps): Promise<void> {
  if (!from || previous?.version === from.version) return;
  const now = await functions.alias(name, aliases.previous);
  if (now?.version !== from.version) return;
  if (previous) await functions.putAlias(name, aliases.previous, previous.version, now.revision, previous.description);
  else await functions.deleteAlias(name, aliases.previous);
}
