import { endpointVariable, getFunctionName } from '../../serving/names.ts';
import type { PromotionState } from '../../serving/promotion.ts';
import { readMark } from '../../serving/promotion-mark.ts';
import type { Target } from '../../serving/promotion-plan.ts';
import { createAliasEffects } from './alias-effects.ts';
import type { PromoteDeps } from './deps.ts';
import { cancelReason, drive } from './effects.ts';
import { startDeployment } from './github-deployment.ts';
import { getKeepUntil } from './lifetimes.ts';
import { conclude, type Outcome } from './outcome.ts';
import { readSituation } from './situation.ts';
import type { BegunState, SavedState } from './state.ts';

/** Goes on from where main was killed, as the aliases show it: verified stays, unverified goes back, unmoved is put in order. */
export async function endPromotion(state: SavedState, deps: PromoteDeps): Promise<void> {
  const started = deps.clock.now();
  const seen = await readSituation(deps);
  const to = await restoreTarget(state.to, '', deps);
  const from = state.from === undefined ? undefined : await restoreTarget(state.from, state.fromDescription ?? '', deps);
  const previous =
    state.previous === undefined ? undefined : await restoreTarget(state.previous, state.previousDescription ?? '', deps);
  const deployment = await startDeployment(
    state.commit,
    state.githubEnvironment,
    `Ending what was cancelled: ${to.endpointName}`,
    deps,
  );
  const about = { version: state.to, release: to.endpointName, seen, started };
  const end = async (outcome: Outcome) => conclude(outcome, about, deployment, deps);
  if (state.strategy === 'in-place') {
    const reason = `${cancelReason} AWS updates the endpoint of the stable name by itself, which nobody can stop, and what comes of it is not verified. Run this job again, or with rollback: true to go back.`;
    deps.log.warning(reason, 'Not verified');
    return end({ kind: 'stuck', reason });
  }
  const { commit } = state;
  const effects = createAliasEffects({ to, from, previous, commit, range: state.range, cases: [] }, deps);
  const start = findStep(state, seen.live, deps.context.workflow.runId);
  const ended = await drive(effects, 'give-back', deps, start);
  if (ended.kind === 'done')
    return end({ kind: 'promoted', ...(from ? { from: from.endpointName, keepUntil: getKeepUntil(deps).toISOString() } : {}) });
  return end(
    ended.kind === 'rolled-back'
      ? { kind: 'rolled-back', reason: ended.reason, ...(from ? { to: from.endpointName } : {}) }
      : { kind: ended.kind, reason: ended.reason },
  );
}

/** Says that nothing was promoted, when main was killed while it still looked. */
export async function endUnmoved(begun: BegunState, deps: PromoteDeps): Promise<void> {
  const { commit, githubEnvironment, release } = begun;
  const [started, seen] = [deps.clock.now(), await readSituation(deps)];
  const deployment = await startDeployment(commit, githubEnvironment, `Ending what was cancelled: ${release}`, deps);
  await conclude({ kind: 'refused', reason: cancelReason }, { version: undefined, release, seen, started }, deployment, deps);
}

function findStep(state: SavedState, live: Target | undefined, runId: string): Exclude<PromotionState, { step: 'end' }> {
  const mark = readMark(live?.description ?? '');
  if (live?.version !== state.to || mark?.runId !== runId)
    return { step: 'restore', end: { kind: 'refused', reason: cancelReason } };
  return mark.state === 'live' ? { step: 'settle' } : { step: 'give-back', reason: `${cancelReason} Live was not verified yet.` };
}

async function restoreTarget(version: string, description: string, { spec, functions, endpoints }: PromoteDeps): Promise<Target> {
  const found = await functions.version(getFunctionName(spec.name), version);
  const endpointName = found?.environment[endpointVariable] ?? '';
  const endpoint = endpointName === '' ? undefined : await endpoints.describe(endpointName);
  return { version, revision: '', weighted: false, description, endpointName, endpoint, expiresAt: undefined };
}
