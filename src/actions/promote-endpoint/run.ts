import { ActionError } from '../../action-error.ts';
import { getFunctionName, getStableEndpointName, variantName } from '../../serving/names.ts';
import type { PromotionEnd } from '../../serving/promotion.ts';
import { decidePromotion, decideReturn, type PromotionDecision, type PromotionSituation } from '../../serving/promotion-plan.ts';
import { createAliasEffects } from './alias-effects.ts';
import type { Asked, PromoteDeps } from './deps.ts';
import { drive, type Effects } from './effects.ts';
import { startDeployment } from './github-deployment.ts';
import { createInPlaceEffects } from './in-place-effects.ts';
import { planInPlace } from './in-place-plan.ts';
import { getKeepUntil } from './lifetimes.ts';
import { conclude, failure, type Outcome } from './outcome.ts';
import { findCommit, readSituation } from './situation.ts';
import { saveState } from './state.ts';
import { readCases } from './verify.ts';

type Go = Extract<PromotionDecision, { kind: 'go' }>;

/**
 * Makes the candidate live, or with `rollback` what was live before.
 * @throws ActionError when live is not what was asked for: refused, rolled back, or stuck. Output, record and Deployment say the same.
 */
export async function run(asked: Asked, deps: PromoteDeps): Promise<void> {
  const started = deps.clock.now();
  const { spec, log } = deps;
  if (!spec.serve) throw noServe(deps);
  const situation = await readSituation(deps);
  const decision = asked.rollback ? decideReturn(situation) : decidePromotion(situation);
  const target = decision.kind === 'go' ? decision.to : decision.kind === 'unchanged' ? decision.live : situation.candidate;
  const commit = (target && (await findCommit(target.version, deps))) ?? deps.context.commit;
  const name = target?.endpointName ?? getFunctionName(spec.name);
  const doing = asked.rollback ? `Going back to ${name}` : `Promoting ${name}`;
  const deployment = await startDeployment(commit, asked.githubEnvironment, doing, deps);
  const about = { version: target?.version, release: name, seen: situation, started };
  if (decision.kind !== 'go') {
    const outcome: Outcome = decision.kind === 'refused' ? { kind: 'refused', reason: decision.reason } : { kind: 'unchanged' };
    await conclude(outcome, about, deployment, deps);
    if (outcome.kind === 'refused') throw failure(outcome, name);
    return log.info(`Unchanged: ${name} is live already.`);
  }
  let end: PromotionEnd;
  try {
    announce(decision, doing, deps);
    const effects = await createEffects(decision, situation, commit, asked, deps);
    end = await drive(effects, asked.rollback ? 'keep' : 'give-back', deps, { step: decision.resume ? 'verify' : 'raise' });
  } catch (error) {
    await deployment.set('failure', 'Refused before anything was changed');
    throw error;
  }
  const outcome = toOutcome(end, decision, asked, deps);
  await conclude(outcome, about, deployment, deps);
  if (end.kind !== 'done') throw failure(outcome, name);
}

async function createEffects(
  go: Go,
  seen: PromotionSituation,
  commit: string,
  asked: Asked,
  deps: PromoteDeps,
): Promise<Effects> {
  const { spec, scaling, step } = deps;
  const cases = await readCases(deps);
  const { to, from } = go;
  const previous = seen.previous;
  const inPlace = spec.serve?.strategy === 'in-place';
  const range = await scaling.read(inPlace ? getStableEndpointName(spec.name) : to.endpointName, variantName);
  const effects = inPlace
    ? createInPlaceEffects({ ...(await planInPlace(to, asked.rollback, deps)), to, from, previous, commit, range, cases }, deps)
    : createAliasEffects({ to, from, previous, commit, range, cases }, deps);
  saveState(step, {
    strategy: inPlace ? 'in-place' : 'alias',
    to: to.version,
    ...(from ? { from: from.version, fromDescription: from.description } : {}),
    ...(previous ? { previous: previous.version, previousDescription: previous.description } : {}),
    ...(range ? { range: { min: range.min, max: range.max } } : {}),
    githubEnvironment: asked.githubEnvironment,
    commit,
  });
  return effects;
}

function announce({ to, from, resume }: Go, doing: string, { log, spec }: PromoteDeps): void {
  log.info(`${doing}: version ${to.version} of ${getFunctionName(spec.name)}.`);
  if (resume) return log.info('An earlier attempt has moved live and did not verify it; that is done now.');
  log.info(
    from
      ? `Live is version ${from.version} (${from.endpointName}); it is what this goes back to by itself when the live check fails.`
      : 'Nothing is live yet: this is the first release, and there is nothing to go back to when the live check fails.',
  );
}

function toOutcome(end: PromotionEnd, { to, from }: Go, { rollback }: Asked, deps: PromoteDeps): Outcome {
  if (end.kind === 'refused' || end.kind === 'stuck') return { kind: end.kind, reason: end.reason };
  if (end.kind === 'rolled-back') return { kind: 'rolled-back', reason: end.reason, ...(from ? { to: from.endpointName } : {}) };
  if (rollback) return { kind: 'returned', to: to.endpointName, from: from?.endpointName ?? '' };
  return {
    kind: 'promoted',
    ...(from ? { from: from.endpointName, keepUntil: getKeepUntil(deps).toISOString() } : {}),
  };
}

function noServe({ spec }: PromoteDeps): ActionError {
  return new ActionError({
    kind: 'input',
    message: `${spec.path} has no serve section, so there is nothing to promote.`,
    fix: 'Add serve to it; deploy-endpoint needs it too.',
    where: { file: spec.path },
  });
}
