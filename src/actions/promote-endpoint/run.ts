import { ActionError } from '../../action-error.ts';
import { getFunctionName, getStableEndpointName, variantName } from '../../serving/names.ts';
import type { PromotionEnd } from '../../serving/promotion.ts';
import { decidePromotion, decideReturn, type PromotionDecision, type PromotionSituation } from '../../serving/promotion-plan.ts';
import { createAliasEffects } from './alias-effects.ts';
import type { Asked, PromoteDeps } from './deps.ts';
import { drive, type Effects } from './effects.ts';
import { type PromotionDeployment, startDeployment } from './github-deployment.ts';
import { createInPlaceEffects } from './in-place-effects.ts';
import { planInPlace } from './in-place-plan.ts';
import { getKeepUntil } from './lifetimes.ts';
import { conclude, failure, type Outcome } from './outcome.ts';
import { recordRefusal } from './record-refusal.ts';
import { findCommit, readSituation } from './situation.ts';
import { saveBegun, saveState } from './state.ts';
import { readCases } from './verify.ts';

type Go = Extract<PromotionDecision, { kind: 'go' }>;

/**
 * Makes the candidate live, or with `rollback` what was live before.
 * @throws ActionError when live is not what was asked for: refused, rolled back, or stuck. Output, record and Deployment say the same.
 */
export async function run(asked: Asked, deps: PromoteDeps): Promise<void> {
  const begun = await beginOrRecord(asked, deps);
  const { about, deployment } = begun;
  if (begun.kind === 'ended') {
    await conclude(begun.outcome, about, deployment, deps);
    if (begun.outcome.kind === 'refused') throw failure(begun.outcome, about.release);
    return;
  }
  const { effects, releases, resume } = begun;
  const end = await drive(effects, asked.rollback ? 'keep' : 'give-back', deps, { step: resume ? 'verify' : 'raise' });
  const outcome = toOutcome(end, releases, asked, deps);
  await conclude(outcome, { ...about, release: releases.to }, deployment, deps);
  if (end.kind !== 'done') throw failure(outcome, releases.to);
}

interface Basis {
  readonly about: Parameters<typeof conclude>[1];
  readonly deployment: PromotionDeployment;
}

type Begun = Basis &
  (
    | { readonly kind: 'ended'; readonly outcome: Extract<Outcome, { kind: 'refused' | 'unchanged' }> }
    | { readonly kind: 'go'; readonly effects: Effects; readonly releases: Releases; readonly resume: boolean }
  );

async function beginOrRecord(asked: Asked, deps: PromoteDeps): Promise<Begun> {
  try {
    return await begin(asked, deps);
  } catch (error) {
    await recordRefusal(error, deps);
    throw error;
  }
}

/** Looks, decides and prepares; changes nothing. */
async function begin(asked: Asked, deps: PromoteDeps): Promise<Begun> {
  const started = deps.clock.now();
  const { spec } = deps;
  if (!spec.serve) throw noServe(deps);
  const situation = await readSituation(deps);
  const decision = asked.rollback ? decideReturn(situation) : decidePromotion(situation);
  const target = decision.kind === 'go' ? decision.to : decision.kind === 'unchanged' ? decision.live : situation.candidate;
  const commit = (target && (await findCommit(target.version, deps))) ?? deps.context.commit;
  const name = target?.endpointName ?? getFunctionName(spec.name);
  const doing = asked.rollback ? `Going back to ${name}` : `Promoting ${name}`;
  saveBegun(deps.step, { commit, githubEnvironment: asked.githubEnvironment, release: name });
  const deployment = await startDeployment(commit, asked.githubEnvironment, doing, deps);
  const basis = { about: { version: target?.version, release: name, seen: situation, started }, deployment };
  if (decision.kind === 'refused') return { ...basis, kind: 'ended', outcome: { kind: 'refused', reason: decision.reason } };
  if (decision.kind === 'unchanged') return { ...basis, kind: 'ended', outcome: { kind: 'unchanged' } };
  try {
    announce(decision, doing, asked, deps);
    const prepared = await prepare(decision, situation, commit, asked, deps);
    return { ...basis, kind: 'go', ...prepared, resume: decision.resume };
  } catch (error) {
    await deployment.set('failure', 'Refused before anything was changed');
    throw error;
  }
}

/** Names of what becomes live and of what was: an endpoint's, or the configuration's of an endpoint that keeps its name. */
interface Releases {
  readonly to: string;
  readonly from: string | undefined;
}

async function prepare(
  go: Go,
  seen: PromotionSituation,
  commit: string,
  asked: Asked,
  deps: PromoteDeps,
): Promise<{ effects: Effects; releases: Releases }> {
  const { spec, scaling, step } = deps;
  const cases = await readCases(deps);
  const { to, from } = go;
  const previous = seen.previous;
  const inPlace = spec.serve?.strategy === 'in-place' ? await planInPlace(to, asked.rollback, deps) : undefined;
  const range = await scaling.read(inPlace ? getStableEndpointName(spec.name) : to.endpointName, variantName);
  const promotion = { to, from, previous, commit, range, cases };
  const effects = inPlace ? createInPlaceEffects({ ...inPlace, ...promotion }, deps) : createAliasEffects(promotion, deps);
  saveState(step, {
    strategy: inPlace ? 'in-place' : 'alias',
    to: to.version,
    ...(from ? { from: from.version, fromDescription: from.description } : {}),
    ...(previous ? { previous: previous.version, previousDescription: previous.description } : {}),
    ...(range ? { range: { min: range.min, max: range.max } } : {}),
    githubEnvironment: asked.githubEnvironment,
    commit,
  });
  const releases = inPlace
    ? { to: inPlace.wanted.name, from: inPlace.before?.name }
    : { to: to.endpointName, from: from?.endpointName };
  return { effects, releases };
}

function announce({ to, from, resume }: Go, doing: string, { rollback }: Asked, { log, spec }: PromoteDeps): void {
  log.info(`${doing}: version ${to.version} of ${getFunctionName(spec.name)}.`);
  if (resume) return log.info('An earlier attempt has moved live and did not verify it; that is done now.');
  if (!from)
    return log.info('Nothing is live yet: this is the first release, so there is no way back when the live check fails.');
  const back = rollback ? 'It is kept for a way back' : 'When the live check fails, that is what this goes back to by itself';
  log.info(`Live is version ${from.version} (${from.endpointName}). ${back}.`);
}

function toOutcome(end: PromotionEnd, { to, from }: Releases, { rollback }: Asked, deps: PromoteDeps): Outcome {
  if (end.kind === 'refused' || end.kind === 'stuck') return { kind: end.kind, reason: end.reason };
  if (end.kind === 'rolled-back') return { kind: 'rolled-back', reason: end.reason, ...(from === undefined ? {} : { to: from }) };
  if (rollback) return { kind: 'returned', to, from: from ?? '' };
  return {
    kind: 'promoted',
    ...(from === undefined ? {} : { from, keepUntil: getKeepUntil(deps).toISOString() }),
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
