import { ActionError, throwProblems } from '../../action-error.ts';
import type { RunContext } from '../../records/context.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type { HostingPrices } from '../../serving/ports.ts';
import { getRecordBasis, type ReleaseRecords } from '../../serving/release-records.ts';
import { applyScaling } from '../../serving/scaling-apply.ts';
import { checkScaling } from '../../serving/scaling-check.ts';
import { planScaling, type ScalingPlan } from '../../serving/scaling-plan.ts';
import type { ServeSpec, Spec } from '../../spec/spec.ts';
import type { Clock } from '../../time/clock.ts';
import { type Look, look, type LookDeps } from './look.ts';
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
}

/** What is done with the plan: nothing on a dry run, nothing yet `in-place`, where promoting applies it to the live endpoint. */
type Mode = 'apply' | 'dry-run' | 'in-place';

/** Brings the candidate's scaling to the spec. A second run finds nothing to do. */
export async function run({ dryRun }: { dryRun: boolean }, deps: ScalingDeps): Promise<void> {
  const { spec, log } = deps;
  const serve = needServe(spec);
  const mode: Mode = dryRun ? 'dry-run' : serve.strategy === 'in-place' ? 'in-place' : 'apply';
  const seen = await look(spec.name, serve, deps);
  throwProblems(checkScaling(spec, seen.situation, seen.limits));
  const plan = planScaling(spec.scaling, seen.situation);
  const { functionName, version, endpoint } = seen.situation;
  log.info(`Scaling of ${functionName}, version ${version}, and of the endpoint ${endpoint} (${seen.limits.instanceType}).`);
  if (seen.isLive && plan.steps.length > 0) log.info('The candidate is what is live already, so the changes are felt at once.');
  for (const change of plan.changes) log.info(`  ${describeChange(change)}`);
  for (const note of plan.notes) log.info(`  ${note}`);
  if (mode === 'apply') await applyScaling(plan.steps, seen.situation, deps);
  await conclude(mode, plan, seen, deps);
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

async function conclude(mode: Mode, plan: ScalingPlan, seen: Look, deps: ScalingDeps): Promise<void> {
  const { spec, log, step } = deps;
  const rehearsal = await deps.isRehearsal();
  const { instanceType } = seen.limits;
  const hosting = await deps.prices.hosting(instanceType, deps.region);
  const costs = describeCosts(spec, hosting, { region: deps.region, instanceType, rehearsal });
  const heading = writeHeading(mode, plan);
  log.info(`${heading}.`);
  for (const cost of costs) log.info(cost);
  const warning = findBudgetWarning(spec, hosting);
  if (warning !== undefined) log.warning(warning);
  await step.summary(
    writeSummary({ ...plan, heading, costs, notes: warning === undefined ? plan.notes : [...plan.notes, warning] }),
  );
  // What was only planned has not changed.
  const changes = mode === 'apply' ? plan.changes : [];
  step.output('changes', JSON.stringify(changes.map(({ setting, before = null, after = null }) => ({ setting, before, after }))));
  if (mode !== 'dry-run') await deps.records.write(toRecord(changes, seen, rehearsal, deps));
}

function writeHeading(mode: Mode, { changes, steps }: ScalingPlan): string {
  if (steps.length === 0) return 'Scaling is as the spec says: nothing was changed';
  const count = `${changes.length} setting${changes.length === 1 ? '' : 's'}`;
  if (mode === 'dry-run') return `Dry run: ${count} would change`;
  if (mode === 'in-place') return `Planned for the live endpoint: ${count}; promote-endpoint applies them`;
  return changes.length === 0 ? 'Scaling is as the spec says: the environments are warm now' : `Scaling changed: ${count}`;
}

function toRecord(changes: ScalingPlan['changes'], { release }: Look, rehearsal: boolean, { context, spec, clock }: ScalingDeps) {
  const { endpoint, lambda } = spec.scaling ?? {};
  return {
    ...getRecordBasis({ context, spec, rehearsal, release, at: clock.now() }),
    kind: 'scaling' as const,
    changes: [...changes],
    ...(endpoint && { endpoint: { min: endpoint.min, max: endpoint.max, invocationsPerMinute: endpoint.invocationsPerMinute } }),
    lambda: { ...lambda, memoryMb: spec.serve?.lambda.memoryMb ?? 0 },
  };
}
