import { readFile } from 'node:fs/promises';
import { ActionError } from '../../action-error.ts';
import { createPullRequests } from '../../github/pull-requests.ts';
import type { RunContext, Zone } from '../../records/context.ts';
import { readZone } from '../../records/zone.ts';
import type { PullRequests } from '../../report/ports.ts';
import { readContext } from '../../runner/context.ts';
import { createInputReader } from '../../runner/inputs.ts';
import type { InputReader, Log, StepResult } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { findUntrusted } from '../../runner/trust.ts';
import type { Spec } from '../../spec/spec.ts';
import { readBoth } from '../read-both.ts';

interface OpenStep<Inputs> {
  readonly inputs: Inputs;
  readonly spec: Spec;
  readonly context: RunContext;
  readonly step: StepResult;
}

export const readText = (path: string) => readFile(path, 'utf8');

/**
 * Reads what the runner and the repository say to a step that starts jobs. Undefined for a run that gets no rights: that is said and
 * the output `skipped` is set.
 * @param nothing what then was not done, e.g. `nothing was trained`
 */
export async function openStep<Inputs>(
  readInputs: (reader: InputReader) => Inputs,
  nothing: string,
  log: Log,
): Promise<OpenStep<Inputs> | undefined> {
  const step = createStep();
  const reader = createInputReader();
  const context = await readContext(process.env, readText, reader.text('matrix'));
  const untrusted = findUntrusted(context);
  if (untrusted !== undefined) {
    log.notice(`${nothing[0]?.toUpperCase()}${nothing.slice(1)}. ${untrusted}`, 'Skipped');
    step.output('skipped', 'true');
    await step.summary(`### Trainyard: ${nothing}\n\n${untrusted}`);
    return undefined;
  }
  return { ...(await readBoth(readInputs, reader)), context, step };
}

export function openPullRequests(context: RunContext, token: string, log: Log): PullRequests {
  return createPullRequests({ token, apiUrl: readVariable('GITHUB_API_URL'), repository: context.repository, log });
}

export function findStepZone(context: RunContext, token: string, log: Log): Promise<Zone> {
  return readZone(context, (commit) => openPullRequests(context, token, log).findByHead(commit));
}

export function readVariable(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new ActionError({
    kind: 'configuration',
    message: `The variable ${name} is not set.`,
    fix: 'Run this action in a job of GitHub Actions, or with trainyard rehearse.',
  });
}
