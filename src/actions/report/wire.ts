import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionError } from '../../action-error.ts';
import { createPullRequests } from '../../github/pull-requests.ts';
import { findShape } from '../../prices/shape.ts';
import { findTrainingPrice } from '../../prices/training-price.ts';
import type { RunContext } from '../../records/context.ts';
import { findZone } from '../../records/zone.ts';
import { readContext } from '../../runner/context.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type { Spec } from '../../spec/spec.ts';
import { wireAws } from '../wire-aws.ts';
import type { ReportDeps } from './deps.ts';
import type { Inputs } from './inputs.generated.ts';
import type { ReleaseDeps } from './release.ts';

export function readRunContext(): Promise<RunContext> {
  return readContext(process.env, (path) => readFile(path, 'utf8'));
}

interface Wiring {
  readonly spec: Spec;
  readonly inputs: Pick<Inputs, 'githubToken' | 'roleToAssume'>;
  readonly context: RunContext;
  readonly log: Log;
  /** Apart from the rest, because a refresh after the step leaves the job summary alone. */
  readonly step: Pick<StepResult, 'summary'>;
}

/** Adapters of the report; undefined for a commit that belongs to no pull request, to no tag and not to main: it has no records. */
export async function findDeps({ spec, inputs, context, log, step }: Wiring): Promise<(ReportDeps & ReleaseDeps) | undefined> {
  const apiUrl = process.env.GITHUB_API_URL ?? 'https://api.github.com';
  const pullRequests = createPullRequests({ token: inputs.githubToken, apiUrl, repository: context.repository, log });
  const number = findZone(context) ? undefined : await pullRequests.findByHead(context.commit);
  const zone = findZone(context) ?? (number === undefined ? undefined : ({ kind: 'pull-request', number } as const));
  if (!zone) return undefined;
  const settling = wireAws({
    region: need(spec.region ?? process.env.AWS_REGION, spec, 'region', 'Set region in it, or AWS_REGION in the workflow.'),
    bucket: need(spec.bucket, spec, 'bucket', 'Name the bucket that train-model wrote its records to.'),
    zone,
    runId: context.workflow.runId,
    roleToAssume: inputs.roleToAssume,
    temp: tempFolder(),
    log,
  });
  const { records, openRecords, tuningRecords, objects, clock } = settling;
  const mainRecords = openRecords({ kind: 'main' });
  return {
    records,
    tuningRecords,
    settling,
    mainRecords,
    objects,
    context,
    zone,
    pullRequests,
    sizes,
    log,
    step,
    clock,
    saveHtml,
  };
}

const sizes = { findShape, findPrice: findTrainingPrice };

function need(value: string | undefined, spec: Spec, key: string, fix: string): string {
  if (value !== undefined) return value;
  throw new ActionError({
    kind: 'configuration',
    message: `The report needs ${key}, and ${spec.path} does not set it.`,
    fix,
    where: { file: spec.path },
  });
}

function tempFolder(): string {
  const folder = process.env.RUNNER_TEMP;
  if (folder) return folder;
  throw new ActionError({
    kind: 'configuration',
    message: 'RUNNER_TEMP is not set.',
    fix: 'Run this action in a job of GitHub Actions, or with trainyard rehearse.',
  });
}

async function saveHtml(html: string): Promise<string> {
  const folder = join(tempFolder(), 'trainyard');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'trainyard-report.html');
  await writeFile(path, html);
  return path;
}
