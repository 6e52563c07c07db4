import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionError, throwProblems } from '../../action-error.ts';
import { createPullRequests } from '../../github/pull-requests.ts';
import type { RunContext, Zone } from '../../records/context.ts';
import { readZone } from '../../records/zone.ts';
import { readContext } from '../../runner/context.ts';
import { createInputReader } from '../../runner/inputs.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { findUntrusted } from '../../runner/trust.ts';
import { checkFiles } from '../../spec/check-files.ts';
import { systemClock } from '../../time/clock.ts';
import { createWorkspace } from '../../workspace/workspace.ts';
import { readInputs } from './inputs.generated.ts';
import { readBoth } from '../read-both.ts';
import { run } from './run.ts';
import { getSettings } from './settings.ts';
import { wireAws } from '../wire-aws.ts';

const readText = (path: string) => readFile(path, 'utf8');

/** Reads what the runner and the repository say, puts the adapters together, and trains. */
export async function trainModel(root: string, log: Log, signal: AbortSignal): Promise<void> {
  const { env } = process;
  const step = createStep();
  const reader = createInputReader();
  const context = await readContext(env, readText, reader.text('matrix'));
  const untrusted = findUntrusted(context);
  if (untrusted !== undefined) return skip(untrusted, step, log);
  const { inputs, spec } = await readBoth(readInputs, reader);
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  const temp = readVariable('RUNNER_TEMP');
  const asked = { ...inputs, labels: inputs.runs };
  const today = systemClock.now().toISOString().slice(0, 10);
  const { settings, warnings, problems } = getSettings(spec, asked, env.AWS_REGION ?? env.AWS_DEFAULT_REGION, today, log);
  const missing = await checkFiles(spec, workspace);
  throwProblems([...problems, ...missing]);
  const zone = await findZone(context, inputs.githubToken, log);
  const { region, bucket } = settings;
  const { runId } = context.workflow;
  step.output('skipped', 'false');
  await run(settings, warnings, [], {
    ...wireAws({ region, bucket, zone, runId, roleToAssume: inputs.roleToAssume, temp, log }),
    context,
    zone,
    workspace: createWorkspace({ root: workspace, temp }),
    step,
    signal,
    launcher: join(root, 'training', 'launcher', 'launcher.py'),
    readText,
  });
}

function findZone(context: RunContext, token: string, log: Log): Promise<Zone> {
  return readZone(context, (commit) => {
    const apiUrl = readVariable('GITHUB_API_URL');
    return createPullRequests({ token, apiUrl, repository: context.repository, log }).findByHead(commit);
  });
}

async function skip(reason: string, step: StepResult, log: Log): Promise<void> {
  log.notice(`Nothing was trained. ${reason}`, 'Skipped');
  step.output('skipped', 'true');
  await step.summary(`### Trainyard: nothing was trained\n\n${reason}`);
}

function readVariable(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new ActionError({
    kind: 'configuration',
    message: `The variable ${name} is not set.`,
    fix: 'Run this action in a job of GitHub Actions, or with trainyard rehearse.',
  });
}
