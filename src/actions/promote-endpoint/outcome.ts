import { ActionError, type ErrorKind } from '../../action-error.ts';
import { aliases } from '../../serving/names.ts';
import type { PromotionSituation } from '../../serving/promotion-plan.ts';
import type { PromoteRecord } from '../../serving/record.ts';
import { getRecordBasis } from '../../serving/release-records.ts';
import { formatSeconds } from '../../time/duration.ts';
import type { PromoteDeps } from './deps.ts';
import type { PromotionDeployment } from './github-deployment.ts';
import { readSituation } from './situation.ts';
import { saveEnded } from './state.ts';

export type Outcome = PromoteRecord['outcome'];

/** Outputs, record, log and Deployment of a promotion that has ended: all of them from the one outcome. */
export async function conclude(
  outcome: Outcome,
  about: { version: string | undefined; release: string; seen: Pick<PromotionSituation, 'live'>; started: Date },
  deployment: PromotionDeployment,
  deps: PromoteDeps,
): Promise<void> {
  await tellOutcome(outcome, about, deps);
  const succeeded = outcome.kind === 'promoted' || outcome.kind === 'returned' || outcome.kind === 'unchanged';
  if (succeeded) await deployment.succeed(describe(outcome, about.release));
  else await deployment.set('failure', describe(outcome, about.release));
  saveEnded(deps.step);
}

async function tellOutcome(
  outcome: Outcome,
  { version, release, seen, started }: Parameters<typeof conclude>[1],
  deps: PromoteDeps,
): Promise<void> {
  const { context, spec, clock, step, log, records } = deps;
  const at = clock.now();
  const seconds = (at.getTime() - started.getTime()) / 1000;
  step.output('outcome', outcome.kind);
  // First of all: whatever can still go wrong, the report knows how it ended.
  await records.write({
    ...getRecordBasis({ context, spec, rehearsal: await deps.isRehearsal(), release, at }),
    kind: 'promote',
    outcome,
    ...(version === undefined ? {} : { functionVersion: version }),
    seconds,
  });
  const now = await readSituation(deps);
  step.output('live', now.live?.endpointName ?? '');
  step.output('previous', now.previous && now.previous.version !== now.live?.version ? now.previous.endpointName : '');
  const live = now.live ? `version ${now.live.version} (${now.live.endpointName})` : 'nothing';
  const changed = now.live?.version === seen.live?.version ? 'still' : 'now';
  log.info(`${describe(outcome, release)}. Alias ${aliases.live} is ${changed} ${live}. Took ${formatSeconds(seconds)}.`);
}

function describe(outcome: Outcome, release: string): string {
  switch (outcome.kind) {
    case 'promoted':
      return `Promoted: ${release} is live`;
    case 'unchanged':
      return `Unchanged: ${release} is live already`;
    case 'returned':
      return `Went back: ${outcome.to} is live again`;
    case 'rolled-back':
      return `Rolled back: ${release} is not live`;
    case 'refused':
      return `Refused: ${release} was not promoted`;
    case 'stuck':
      break;
  }
  return `Not verified and not rolled back: look at ${release}`;
}

/** The error of a promotion after which live is not what was asked for. */
export function failure(outcome: Outcome, release: string): ActionError {
  const reason = 'reason' in outcome ? outcome.reason : '';
  const told: Partial<Record<Outcome['kind'], { kind: ErrorKind; fix: string }>> = {
    refused: {
      kind: 'conflict',
      fix: 'This run left live alone. Do what the reason says, then run this job again.',
    },
    'rolled-back': {
      kind: 'script',
      fix: 'Live is what it was before. Correct the model or the case that failed, then release again.',
    },
    stuck: {
      kind: 'conflict',
      fix: 'Look at alias live of the function now. Run this job with rollback: true once nobody else changes it.',
    },
  };
  const { kind, fix } = told[outcome.kind] ?? { kind: 'aws', fix: 'Run this job again.' };
  return new ActionError({ kind, message: `${describe(outcome, release)}: ${reason}`, fix });
}
