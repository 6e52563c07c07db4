import { ActionError, throwProblems } from '../../action-error.ts';
import type { RunContext } from '../../records/context.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type { HostingPrices } from '../../serving/ports.ts';
import { getRecordBasis, type ReleaseRecords } from '../../serving/release-records.ts';
import { applyScaling } from '../../serving/scaling-apply.ts';
import { checkScaling } from '../../serving/scaling-check.ts';
import type { Change, ScalingSituation, ScalingStep } from '../../serving/scaling-plan.ts';
import type { ServeSpec, Spec } from '../../spec/spec.ts';
import type { Clock } from '../../time/clock.ts';
import { orCancelled } from '../train-model/cancel.ts';
import { type Look, look, type LookDeps } from './look.ts';
import { findUsed, type Plans, planBoth } from './plan.ts';
import { describeProgress } from './progress.ts';
import { describeChange, describeCosts, findBudgetWarning, writeSummary } from './tell.ts';

export interface ScalingDeps extends LookDeps {
  readonly spec: Spec;
  readonly context: RunContext;
  readonly region: string;
  readonly prices: HostingPrices;
  readonly records: ReleaseRecords;
  readonly isRehearsal: () => Promise<boolean>;
  readonly step: Pick<StepResult, 'output' | 'summary'>;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborts when GitHub cancels the job. */
  readonly signal: AbortSignal;
}

/**
 * Brings the candidate's scaling to the spec. A second run finds nothing to do.
 * @throws ActionError when anything is wrong, and after a cancel, with what was changed by then
 */
export async function run({ dryRun }: { dryRun: boolean }, deps: ScalingDeps): Promise<void> {
  const { log } = deps;
  const serve = needServe(deps.spec);
  const { scaling: _, ...rest } = deps.spec;
  const { scaling, unused } = findUsed(deps.spec.scaling, serve);
  const spec: Spec = { ...rest, ...(scaling && { scaling }) };
  const seen = await orCancelled(look(spec.name, serve, deps), deps.signal, cancelledBefore);
  throwProblems(checkScaling(spec, seen.situation, seen.limits));
  const plans = planBoth(scaling, serve, seen.situation);
  const notes = [...plans.now.notes, ...plans.later.notes, ...unused];
  const { functionName, version, endpoint } = seen.situation;
  log.info(`Scaling of ${functionName}, version ${version}, and of the endpoint ${endpoint} (${seen.limits.instanceType}).`);
  if (seen.isLive && plans.now.steps.length > 0)
    log.info('The candidate is what is live already, so the changes are felt at once.');
  for (const change of plans.now.changes) log.info(`  ${describeChange(change)}`);
  for (const change of plans.later.changes) log.info(`  ${describeChange(change)} (by promote-endpoint)`);
  for (const note of notes) log.info(`  ${note}`);
  if (!dryRun) await apply(plans.now.steps, seen.situation, deps);
  await conclude(dryRun, { ...plans, notes }, seen, { ...deps, spec });
  if (deps.signal.aborted) throw cancelled(dryRun ? 'Nothing was changed.' : describeProgress(plans.now.steps, plans.now.steps));
}

/** Nothing that was changed stays unsaid when the rest could not be. */
async function apply(steps: readonly ScalingStep[], at: ScalingSituation, deps: ScalingDeps): Promise<void> {
  const done: ScalingStep[] = [];
  try {
    const unknown = await applyScaling(steps, at, { ...deps, onDone: (step) => void done.push(step) });
    if (done.length < steps.length) throw cancelled(describeProgress(steps, done, unknown));
  } catch (error) {
    if (!deps.signal.aborted && done.length > 0) deps.log.warning(describeProgress(steps, done), 'Scaling is changed in part');
    throw error;
  }
}

export function cancelledBefore(): ActionError {
  return cancelled('Nothing was changed.');
}

function cancelled(progress: string): ActionError {
  return new ActionError({
    kind: 'stopped',
    message: `The workflow was cancelled. ${progress}`,
    fix: 'Run this job again: it changes what is left. What was set belongs to the candidate and ends with it; reserved concurrency is of the whole function.',
  });
}

function needServe({ path, serve }: Spec): ServeSpec {
  if (serve) return serve;
  throw new ActionError({
    kind: 'input',
    message: `${path} has no serve, so there is nothing to scale.`,
    fix: 'Say how the model is served: serve: { entry-point: inference.py, instance-type: ml.m5.large }.',
    where: { file: path },
  });
}

async function conclude(
  dryRun: boolean,
  plans: Plans & { readonly notes: readonly string[] },
  seen: Look,
  deps: ScalingDeps,
): Promise<void> {
  const { spec, log, step } = deps;
  const rehearsal = await deps.isRehearsal();
  const { instanceType } = seen.limits;
  const hosting = await deps.prices.hosting(instanceType, deps.region);
  const costs = describeCosts(spec, hosting, { region: deps.region, instanceType, rehearsal });
  const heading = writeHeading(dryRun, plans);
  log.info(`${heading}.`);
  for (const cost of costs) log.info(cost);
  const warning = findBudgetWarning(spec, hosting);
  if (warning !== undefined) log.warning(warning);
  const notes = [...plans.notes, ...(warning === undefined ? [] : [warning])];
  await step.summary(writeSummary({ heading, changes: [...plans.now.changes, ...plans.later.changes], notes, costs }));
  // What was only planned has not changed.
  const changes = dryRun ? [] : plans.now.changes;
  step.output('changes', JSON.stringify(changes.map(({ setting, before = null, after = null }) => ({ setting, before, after }))));
  if (!dryRun) await deps.records.write(toRecord(changes, seen, rehearsal, deps));
}

const count = (number: number) => `${number} setting${number === 1 ? '' : 's'}`;

function writeHeading(dryRun: boolean, { now, later }: Plans): string {
  if (now.steps.length + later.steps.length === 0) return 'Scaling is as the spec says: nothing was changed';
  if (dryRun) return `Dry run: ${count(now.changes.length + later.changes.length)} would change`;
  const done = now.changes.length > 0 ? [`Scaling changed: ${count(now.changes.length)}`] : [];
  const warmed =
    now.changes.length === 0 && now.steps.length > 0 ? ['Scaling is as the spec says: the environments are warm now'] : [];
  const planned =
    later.changes.length > 0
      ? [`Planned for the live endpoint: ${count(later.changes.length)}, which promote-endpoint applies`]
      : [];
  return [...done, ...warmed, ...planned].join('; ');
}

function toRecord(changes: readonly Change[], { release }: Look, rehearsal: boolean, { context, spec, clock }: ScalingDeps) {
  const { endpoint, lambda } = spec.scaling ?? {};
  return {
    ...getRecordBasis({ context, spec, rehearsal, release, at: clock.now() }),
    kind: 'scaling' as const,
    changes: [...changes],
    ...(endpoint && { endpoint: { min: endpoint.min, max: endpoint.max, invocationsPerMinute: endpoint.invocationsPerMinute } }),
    lambda: { ...lambda, memoryMb: spec.serve?.lambda.memoryMb ?? 0 },
  };
}
