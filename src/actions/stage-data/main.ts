import { access, readFile } from 'node:fs/promises';
import { ActionError } from '../../action-error.ts';
import { createClients } from '../../aws/clients.ts';
import { createObjectStore } from '../../aws/object-store.ts';
import { createStagingStore } from '../../aws/staging-store.ts';
import { readContext } from '../../runner/context.ts';
import { createInputReader } from '../../runner/inputs.ts';
import type { InputReader, Log } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { findUntrusted } from '../../runner/trust.ts';
import { mintWebIdentity } from '../../runner/web-identity.ts';
import type { Spec } from '../../spec/spec.ts';
import { systemClock } from '../../time/clock.ts';
import { readBoth } from '../read-both.ts';
import { chooseRequests } from './choose.ts';
import { type Inputs, readInputs } from './inputs.generated.ts';
import { run } from './run.ts';

/** Reads what is asked, puts the adapters together, and stages. */
export async function stageData(log: Log, signal: AbortSignal): Promise<void> {
  const { env } = process;
  const step = createStep();
  const reader = createInputReader();
  const context = await readContext(env, (path) => readFile(path, 'utf8'));
  const untrusted = findUntrusted(context);
  step.output('skipped', String(untrusted !== undefined));
  if (untrusted !== undefined) {
    log.notice(`Nothing was staged. ${untrusted}`, 'Skipped');
    return step.summary(`### Trainyard: nothing was staged\n\n${untrusted}`);
  }
  const { inputs, spec } = await readAsked(reader);
  const requests = chooseRequests(inputs, spec, log);
  const region = spec?.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? missing('region');
  const clients = createClients({
    region,
    sessionName: `trainyard-${context.workflow.runId}`,
    clock: systemClock,
    mask: (secret) => log.mask(secret),
    ...(inputs.roleToAssume === undefined ? {} : { roleToAssume: inputs.roleToAssume, mintWebIdentity }),
  });
  const objects = createObjectStore(clients);
  await run(requests, {
    store: createStagingStore(clients, objects),
    log,
    clock: systemClock,
    signal,
    root: env.GITHUB_WORKSPACE ?? process.cwd(),
    temp: env.RUNNER_TEMP ?? missing('RUNNER_TEMP'),
    downloadUrl: env.TRAINYARD_DOWNLOAD_URL || undefined,
    step,
  });
}

/** With `from` the step says everything itself, so a repository without a spec can be staged from, too. */
async function readAsked(reader: InputReader): Promise<{ inputs: Inputs; spec: Spec | undefined }> {
  const path = reader.text('spec') ?? '';
  const alone =
    reader.text('from') !== undefined &&
    !(await access(path).then(
      () => true,
      () => false,
    ));
  return alone ? { inputs: readInputs(reader), spec: undefined } : readBoth(readInputs, reader);
}

function missing(what: 'region' | 'RUNNER_TEMP'): never {
  if (what === 'region') {
    throw new ActionError({
      kind: 'input',
      message: 'The region is not known: neither the spec nor AWS_REGION names one.',
      fix: 'Set region in trainyard.yml, or AWS_REGION in the workflow.',
    });
  }
  throw new ActionError({
    kind: 'configuration',
    message: `The variable ${what} is not set.`,
    fix: 'Run this action in a job of GitHub Actions, or with trainyard rehearse.',
  });
}
