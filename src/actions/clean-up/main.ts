import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ActionError } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import { openServingStep, type ServingStep } from '../serving-step.ts';
import { wireAws } from '../wire-aws.ts';
import { findOpenJobs } from './close-job.ts';
import { closePullRequest } from './close-pull-request.ts';
import { type Inputs, readInputs } from './inputs.generated.ts';
import { createMachineRunKind, createRunKind, createSearchKind } from './job-kinds.ts';
import { run } from './run.ts';
import { wireSweep } from './wire.ts';

/** Sweeps; on a pull request's close only that pull request's own leftovers, which is all its role may touch. */
export async function cleanUp(log: Log): Promise<void> {
  const opened = await openServingStep(readInputs, 'Nothing was cleaned up', log);
  if (!opened) return;
  const { pullRequest } = opened.context;
  if (!pullRequest) return sweep(opened);
  await checkClosed(pullRequest.number);
  await close(opened, pullRequest.number);
}

const payload = z.object({ action: z.string() });

/** An open pull request still wants what it has running. */
async function checkClosed(number: number): Promise<void> {
  const text = await readFile(process.env.GITHUB_EVENT_PATH ?? '', 'utf8');
  const { action } = payload.parse(JSON.parse(text));
  if (action === 'closed') return;
  throw new ActionError({
    kind: 'configuration',
    message: `Pull request #${number} is not closed (the event is ${JSON.stringify(action)}), so nothing was cleaned up: its training jobs are still wanted.`,
    fix: 'Start this workflow with `on: { pull_request: { types: [closed] } }`, or by a schedule.',
  });
}

async function sweep(opened: ServingStep<Inputs>): Promise<void> {
  const { spec, inputs } = opened;
  const apiUrl = process.env.GITHUB_API_URL ?? 'https://api.github.com';
  await run(spec, inputs, wireSweep(opened, { token: inputs.githubToken, apiUrl }));
}

async function close(opened: ServingStep<Inputs>, number: number): Promise<void> {
  const { spec, inputs, context, region, bucket, log, step } = opened;
  const { owner, name } = context.repository;
  const { runId } = context.workflow;
  const temp = process.env.RUNNER_TEMP ?? '.';
  const aws = wireAws({
    region,
    bucket,
    zone: { kind: 'pull-request', number },
    runId,
    roleToAssume: inputs.roleToAssume,
    temp,
    log,
  });
  const deps = { repository: `${owner}/${name}`, log, clock: aws.clock };
  const runs = await findOpenJobs(createRunKind(spec.metrics, aws), deps);
  const machines = await findOpenJobs(createMachineRunKind(spec.metrics, aws), deps);
  const searches = await findOpenJobs(createSearchKind(spec.metrics, aws), deps);
  await closePullRequest(number, [...searches, ...machines, ...runs], inputs, { log, step });
}
