import { aliases, getFunctionName, variantName } from '../../serving/names.ts';
import type { ScalingState } from '../../serving/ports.ts';
import { readMark, writeMark } from '../../serving/promotion-mark.ts';
import type { Target } from '../../serving/promotion-plan.ts';
import { decideRaise, hasMachines } from '../../serving/raise.ts';
import type { PreparedCase } from '../../serving/smoke-expect.ts';
import { waitFor } from '../../time/wait-for.ts';
import { createStatusLine } from '../status-line.ts';
import { describeEndpoint } from '../../serving/endpoint-state.ts';
import type { PromoteDeps } from './deps.ts';
import { attempt, cancelReason, done, type Effects, failed, raced, refused } from './effects.ts';
import { keepAlive, keepUntil } from './lifetimes.ts';
import { verifyLive } from './verify.ts';

/** What is promoted, and what there was before anything was changed. */
export interface AliasPromotion {
  readonly to: Target;
  /** What was live; undefined for a first release. */
  readonly from: Target | undefined;
  /** The way back there was. */
  readonly previous: Target | undefined;
  /** Commit `to` was made of. */
  readonly commit: string | undefined;
  /** Scaling of `to` before it was raised. */
  readonly range: ScalingState | undefined;
  readonly cases: readonly PreparedCase[];
}

/** Machines start in minutes. */
const raiseMs = 20 * 60_000;

/** The steps with alias `live`: callers go from one endpoint to another in one call. */
export function createAliasEffects(promotion: AliasPromotion, deps: PromoteDeps): Effects {
  const { to, from, previous, range, commit } = promotion;
  const { functions, endpoints, scaling, log, clock, context } = deps;
  const { runId } = context.workflow;
  const name = getFunctionName(deps.spec.name);
  const describe = (state: 'promoting' | 'live') =>
    writeMark({ state, runId, at: clock.now(), ...(commit === undefined ? {} : { commit }) });
  const restoreRange = async () => {
    if (!range) return;
    await scaling.register(to.endpointName, variantName, { min: range.min, max: range.max });
    log.info(`Scaling of ${to.endpointName}: ${range.min} to ${range.max} again.`);
  };

  return {
    async raise() {
      const [live, candidate] = await Promise.all([
        from && endpoints.describe(from.endpointName),
        endpoints.describe(to.endpointName),
      ]);
      if (!candidate) return refused(`The endpoint ${to.endpointName} is gone.`);
      const raise = decideRaise(live, candidate, range);
      const wanted = raise.kind === 'enough' ? 1 : raise.wanted;
      if (raise.kind !== 'enough') log.info(`Raising ${to.endpointName} to ${wanted}, as many machines as live has.`);
      if (raise.kind === 'range') await scaling.register(to.endpointName, variantName, raise);
      if (raise.kind === 'count') await endpoints.setInstances(to.endpointName, wanted);
      const tell = createStatusLine(`Endpoint ${to.endpointName}`, deps);
      const waited = await waitFor({
        look: () => endpoints.describe(to.endpointName),
        judge: (seen) => {
          if (hasMachines(seen, wanted)) return true;
          tell(describeEndpoint(seen));
          return undefined;
        },
        limitMs: raiseMs,
        clock,
        signal: deps.signal,
      });
      if (waited.outcome === 'reached') return done;
      const late = `${to.endpointName} has not come to ${wanted} machines in ${raiseMs / 60_000} minutes (${waited.outcome === 'timed-out' ? describeEndpoint(waited.seen) : ''}). Check the quota and capacity for its instance type, then re-run this job.`;
      return failed(waited.outcome === 'aborted' ? cancelReason : late);
    },

    // Before the move: whatever happens after it, what was live is named and no sweep takes it.
    async remember() {
      if (!from || previous?.version === from.version) return done;
      const outcome = await functions.putAlias(name, aliases.previous, from.version, previous?.revision, from.description);
      if (outcome === 'done') return done;
      const now = await functions.alias(name, aliases.previous);
      return now?.version === from.version ? done : raced('another run is promoting: alias previous has moved meanwhile.');
    },

    async move() {
      const outcome = await functions.putAlias(name, aliases.live, to.version, from?.revision, describe('promoting'));
      if (outcome === 'moved-by-others')
        return raced('another run moved alias live at the same time. What is live now is its doing; nothing was changed here.');
      log.info(
        `Alias live: version ${to.version}, ${to.endpointName} (was ${from ? `version ${from.version}, ${from.endpointName}` : 'nothing'}).`,
      );
      return done;
    },

    verify: () => verifyLive(promotion.cases, to, deps),

    async settle() {
      const now = await functions.alias(name, aliases.live);
      if (now?.version === to.version) {
        await attempt('Saying that live is verified', log, () =>
          functions.putAlias(name, aliases.live, to.version, now.revision, describe('live')),
        );
      }
      await attempt(`Keeping ${to.endpointName}`, log, () => keepAlive(to.endpointName, deps));
      await attempt(`The scaling range of ${to.endpointName}`, log, restoreRange);
      if (!from) return done;
      await attempt(`The end of ${from.endpointName}`, log, () => keepUntil(from.endpointName, deps));
      await attempt(`Removing the provisioned concurrency of version ${from.version}`, log, () =>
        removeProvisioned(name, from.version, deps),
      );
      return done;
    },

    async giveBack(reason) {
      log.info(
        `${reason} Live goes back to ${from ? `version ${from.version}, ${from.endpointName}` : 'nothing: this was the first release'}.`,
      );
      const now = await functions.alias(name, aliases.live);
      const ours = now && now.version === to.version && readMark(now.description ?? '')?.runId === runId;
      if (!ours) return raced('Alias live has moved meanwhile: somebody else changed it.');
      if (!from) {
        await functions.deleteAlias(name, aliases.live);
        return done;
      }
      const outcome = await functions.putAlias(name, aliases.live, from.version, now.revision, from.description);
      return outcome === 'done' ? done : raced('Alias live has moved meanwhile: somebody else changed it.');
    },

    async restore() {
      await attempt(`The scaling range of ${to.endpointName}`, log, restoreRange);
      await attempt('Alias previous', log, () => restorePrevious(name, promotion, deps));
      return done;
    },
  };
}

/** Alias `previous` as it was, if it is we who changed it. */
async function restorePrevious(name: string, { from, previous }: AliasPromotion, { functions }: PromoteDeps): Promise<void> {
  if (!from || previous?.version === from.version) return;
  const now = await functions.alias(name, aliases.previous);
  if (now?.version !== from.version) return;
  if (previous) await functions.putAlias(name, aliases.previous, previous.version, now.revision, previous.description);
  else await functions.deleteAlias(name, aliases.previous);
}

/** What is not called any more needs no warm environments; they cost as long as they stand. */
async function removeProvisioned(name: string, version: string, { concurrency, log }: PromoteDeps): Promise<void> {
  if (!(await concurrency.provisioned(name, version))) return;
  await concurrency.deleteProvisioned(name, version);
  log.info(`Provisioned concurrency of version ${version}: removed.`);
}
