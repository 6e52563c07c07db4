import {
  type FunctionConfiguration,
  type LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { createHash } from 'node:crypto';
import { ActionError } from '../action-error.ts';
import type { FunctionRequest, Functions } from '../serving/ports.ts';
import type { Clock } from '../time/clock.ts';
import { findCode } from './errors.ts';
import { whenReady } from './function-ready.ts';
import { listPages } from './hosting-answers.ts';

const rounds = 3;

/** Settings of the function as Lambda takes them. */
export function toConfiguration(request: FunctionRequest) {
  return {
    FunctionName: request.name,
    Role: request.roleArn,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    MemorySize: request.memoryMb,
    Timeout: request.timeoutSeconds,
    Environment: { Variables: { ...request.environment } },
    Description: request.description,
  } as const;
}

/** Brings $LATEST to the request and publishes exactly that: every step names the revision it saw, the last one the code too. */
export async function publishVersion(
  lambda: LambdaClient,
  request: FunctionRequest,
  clock: Clock,
): ReturnType<Functions['publish']> {
  for (let round = 1; ; round += 1) {
    try {
      return await publishOnce(lambda, request, clock);
    } catch (error) {
      const code = findCode(error);
      const changing = code === 'ResourceConflictException' || code === 'PreconditionFailedException';
      if (!changing) throw error;
      if (round === rounds) throw busy(request.name, error);
      await clock.sleep(2_000);
    }
  }
}

async function publishOnce(lambda: LambdaClient, request: FunctionRequest, clock: Clock): ReturnType<Functions['publish']> {
  const { name, zip } = request;
  const sha256 = createHash('sha256').update(zip).digest('base64');
  const before = await whenReady(lambda, name, undefined, clock);
  if (before.CodeSha256 !== sha256) {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zip, RevisionId: before.RevisionId }));
  }
  const coded = before.CodeSha256 === sha256 ? before : await whenReady(lambda, name, undefined, clock);
  const same = isAsAsked(coded, request);
  if (!same) {
    await lambda.send(new UpdateFunctionConfigurationCommand({ ...toConfiguration(request), RevisionId: coded.RevisionId }));
  }
  const latest = same ? coded : await whenReady(lambda, name, undefined, clock);
  const known = await listVersions(lambda, name);
  const { Version: version } = await lambda.send(
    new PublishVersionCommand({
      FunctionName: name,
      CodeSha256: sha256,
      RevisionId: latest.RevisionId,
      Description: request.description,
    }),
  );
  if (version === undefined) {
    throw new ActionError({ kind: 'aws', message: `Lambda named no version of ${name}.`, fix: 'Re-run this job.' });
  }
  const { Environment } = await whenReady(lambda, name, version, clock);
  // Lambda answers with the version there is when nothing has changed since it was published.
  return { version, environment: { ...Environment?.Variables }, outcome: known.has(version) ? 'unchanged' : 'published' };
}

async function listVersions(lambda: LambdaClient, name: string): Promise<Set<string>> {
  const versions = await listPages(async (Marker) => {
    const page = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name, Marker }));
    return { found: (page.Versions ?? []).map((one) => one.Version ?? ''), next: page.NextMarker };
  });
  return new Set(versions);
}

function isAsAsked(seen: FunctionConfiguration, request: FunctionRequest): boolean {
  const asked = toConfiguration(request);
  return (
    seen.Role === asked.Role &&
    seen.Runtime === asked.Runtime &&
    seen.Handler === asked.Handler &&
    seen.MemorySize === asked.MemorySize &&
    seen.Timeout === asked.Timeout &&
    (seen.Description ?? '') === asked.Description &&
    sameMembers(seen.Environment?.Variables ?? {}, request.environment)
  );
}

function sameMembers(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function busy(name: string, cause: unknown): ActionError {
  return new ActionError({
    kind: 'conflict',
    message: `Somebody else changes the function ${name} at the same time.`,
    fix: 'Let one release run at a time (`concurrency: release` in the workflow), then re-run this job.',
    cause,
  });
}
