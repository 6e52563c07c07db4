import { ActionError } from '../../action-error.ts';
import { aliases, endpointVariable } from '../../serving/names.ts';
import type { FunctionRequest, Tags } from '../../serving/ports.ts';
import type { DeployDeps, DeploySettings } from './deps.ts';
import type { Preparation } from './prepare.ts';

/** A version of the function that calls the candidate, and the alias `candidate` on it. */
export async function publishCandidate(
  preparation: Preparation,
  settings: DeploySettings,
  mark: string,
  tags: Tags,
  deps: DeployDeps,
): Promise<string> {
  const { release, functionName, handler } = preparation;
  const request: FunctionRequest = {
    name: functionName,
    roleArn: settings.lambdaRole,
    zip: handler,
    memoryMb: settings.serve.lambda.memoryMb,
    timeoutSeconds: settings.serve.lambda.timeoutSeconds,
    environment: { [endpointVariable]: release },
    description: describeVersion(release, deps.context.commit, mark),
    tags,
  };
  if ((await deps.functions.ensure(request)) === 'created') deps.log.info(`Function ${functionName}: created.`);
  const { version, environment } = await deps.functions.publish(request);
  if (environment[endpointVariable] !== release) throw raced(functionName);
  deps.log.info(`Function ${functionName}: version ${version} calls ${release}.`);
  await pointCandidate(functionName, version, request.description, deps);
  return version;
}

/** `release digits-0a1b2c3d4e of commit <sha> (run 7)`: a rollback reads the commit from it, `post` whose it is. */
function describeVersion(release: string, commit: string, mark: string): string {
  return `release ${release} of commit ${commit} (${mark})`;
}

/** Moves alias `candidate`, unless somebody else moves it at the same time. */
export async function pointCandidate(
  functionName: string,
  version: string,
  description: string,
  deps: Pick<DeployDeps, 'functions' | 'log'>,
): Promise<void> {
  const before = await deps.functions.alias(functionName, aliases.candidate);
  const outcome = await deps.functions.putAlias(functionName, aliases.candidate, version, before?.revision, description);
  if (outcome === 'moved-by-others') throw raced(functionName);
  const was = before && before.version !== version ? ` (was version ${before.version})` : '';
  deps.log.info(`Alias candidate: version ${version}${was}.`);
}

function raced(functionName: string): ActionError {
  return new ActionError({
    kind: 'conflict',
    message: `Another run changed the function ${functionName} at the same time, so this candidate was not handed on.`,
    fix: 'Let one release run at a time (`concurrency: release` in the workflow), then re-run this job.',
  });
}
