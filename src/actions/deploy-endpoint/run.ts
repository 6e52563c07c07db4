import { ActionError, type Problem } from '../../action-error.ts';
import { aliases } from '../../serving/names.ts';
import { findExpiry } from '../../serving/ownership.ts';
import type { DeployRecord } from '../../serving/record.ts';
import { getRecordBasis } from '../../serving/release-records.ts';
import { formatSeconds } from '../../time/duration.ts';
import { getTags } from '../../training/identity.ts';
import { tagRelease } from '../tag-release.ts';
import { orCancelled } from '../train-model/cancel.ts';
import { describeBroadRoles } from './check-roles.ts';
import { createEndpoint, EndpointError, uploadModel, waitUntilServing } from './create.ts';
import type { DeployDeps, DeploySettings } from './deps.ts';
import { pointCandidate, publishCandidate } from './function.ts';
import { type Preparation, prepare } from './prepare.ts';
import { saveHandedOn, saveState } from './state.ts';
import { announce } from './tell.ts';

/**
 * Deploys the model of this commit as a candidate.
 * @param problems found while settings were put together; reported with everything found here, before any write
 * @throws ActionError when anything is wrong, the endpoint does not come to serve, or the workflow was cancelled
 */
export async function run(
  settings: DeploySettings,
  warnings: readonly string[],
  problems: readonly Problem[],
  deps: DeployDeps,
): Promise<void> {
  const started = deps.clock.now();
  const preparation = await orCancelled(prepare(settings, problems, deps), deps.signal, cancelled);
  for (const warning of [...warnings, ...describeBroadRoles(preparation.roles)]) deps.log.warning(warning);
  const lines = announce(preparation, settings, deps.log);
  const { release, functionName } = preparation;
  deps.step.output('release', release);
  deps.step.output('function', functionName);
  if (settings.dryRun) return tellDryRun(lines, deps);
  try {
    const made = await orCancelled(carryOut(preparation, settings, deps), deps.signal, cancelled);
    await conclude(made, preparation, settings, started, deps);
  } catch (error) {
    if (!deps.signal.aborted) await recordFailure(error, preparation, settings, started, deps);
    throw error;
  }
}

interface Made {
  readonly version: string;
  readonly endpoint: string;
  readonly outcome: Exclude<DeployRecord['outcome'], { kind: 'failed' }>;
}

async function carryOut(preparation: Preparation, settings: DeploySettings, deps: DeployDeps): Promise<Made> {
  const { release, functionName, decision } = preparation;
  const { workflow } = deps.context;
  const mark = `run ${workflow.runId}`;
  if (decision.kind === 'unchanged') {
    const live = await deps.functions.version(functionName, decision.version);
    await pointCandidate(functionName, decision.version, `${live?.description ?? release}; live already`, deps);
    return { version: decision.version, endpoint: release, outcome: { kind: 'unchanged' } };
  }
  const tags = getCandidateTags(settings, deps);
  const [endpoint, config, model] = await Promise.all([
    deps.endpoints.describe(release),
    deps.configs.describe(release),
    deps.models.describe(release),
  ]);
  const kept = endpoint !== undefined && decision.kind === 'adopt';
  saveState(deps.step, {
    region: settings.region,
    specName: settings.spec.name,
    release,
    functionName,
    mark,
    creates: { endpoint: !kept, config: !kept && !config, model: !kept && !model },
    tags,
  });
  const lifetime = endpoint && findExpiry(await deps.tags.read(endpoint.arn));
  await uploadModel(preparation, deps);
  await createEndpoint(preparation, settings, tags, deps);
  await waitUntilServing(release, settings, deps);
  const version = await publishCandidate(preparation, settings, mark, tags, deps);
  const expiresAt = await startLifetime(release, kept ? lifetime : undefined, settings, deps);
  return { version, endpoint: release, outcome: { kind: 'candidate', expiresAt: expiresAt.toISOString() } };
}

function getCandidateTags({ spec, candidateTtlSeconds }: DeploySettings, deps: DeployDeps): Record<string, string> {
  const expiresAt = new Date(deps.clock.now().getTime() + candidateTtlSeconds * 1000);
  return getTags(deps.context, spec.name, expiresAt, spec.tags);
}

/** The time to live counts from when the candidate can be used. @param until what somebody else was promised; it is kept */
async function startLifetime(
  release: string,
  until: Date | undefined,
  settings: DeploySettings,
  deps: DeployDeps,
): Promise<Date> {
  const { spec, candidateTtlSeconds } = settings;
  const own = deps.clock.now().getTime() + candidateTtlSeconds * 1000;
  const expiresAt = new Date(Math.max(own, until?.getTime() ?? 0));
  await tagRelease(release, getTags(deps.context, spec.name, expiresAt, spec.tags), deps);
  return expiresAt;
}

async function conclude(made: Made, preparation: Preparation, settings: DeploySettings, started: Date, deps: DeployDeps) {
  await deps.records.write(recordOf(made.outcome, made.version, preparation, settings, started, deps));
  saveHandedOn(deps.step);
  deps.step.output('endpoint', made.endpoint);
  deps.step.output('version', made.version);
  deps.step.output('outcome', made.outcome.kind);
  const took = formatSeconds((deps.clock.now().getTime() - started.getTime()) / 1000);
  deps.log.info(
    made.outcome.kind === 'unchanged'
      ? `Unchanged: live is this release, alias ${aliases.candidate} names it as well (${took}).`
      : `Candidate ready after ${took}: ${preparation.functionName}:${aliases.candidate}, until ${made.outcome.expiresAt}.`,
  );
}

/** A record that cannot be written must not hide why the deployment failed. */
async function recordFailure(
  error: unknown,
  preparation: Preparation,
  settings: DeploySettings,
  started: Date,
  deps: DeployDeps,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const logTail = error instanceof EndpointError ? [...error.logTail] : [];
  try {
    const outcome = { kind: 'failed' as const, reason, logTail };
    await deps.records.write(recordOf(outcome, undefined, preparation, settings, started, deps));
  } catch (cause) {
    deps.log.warning(`The failure could not be recorded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function recordOf(
  outcome: DeployRecord['outcome'],
  version: string | undefined,
  preparation: Preparation,
  settings: DeploySettings,
  started: Date,
  { context, clock }: DeployDeps,
): DeployRecord {
  const { rehearsal, release, model, functionName, price, instances, roles } = preparation;
  const at = clock.now();
  return {
    ...getRecordBasis({ context, spec: settings.spec, rehearsal, release, at }),
    kind: 'deploy',
    strategy: settings.serve.strategy,
    outcome,
    model: { uri: model.uri, foundBy: model.foundBy, ...(model.record ? { job: model.record.name } : {}) },
    functionName,
    ...(version === undefined ? {} : { functionVersion: version }),
    machine: { instanceType: settings.serve.instanceType, instances: instances.candidate },
    price,
    roles: [...roles],
    seconds: (at.getTime() - started.getTime()) / 1000,
  };
}

async function tellDryRun(lines: readonly string[], { log, step }: DeployDeps): Promise<void> {
  log.info('dry-run: nothing was created.');
  await step.summary(['### Trainyard: what deploying would do', '', ...lines.map((line) => `- ${line}`), ''].join('\n'));
}

function cancelled(): ActionError {
  return new ActionError({
    kind: 'stopped',
    message: 'The workflow was cancelled before the candidate was ready.',
    fix: 'Nothing has to be done: the post step removes what was made. Re-run the workflow to deploy again.',
  });
}
