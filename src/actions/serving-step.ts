import { readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ActionError, type Problem, throwProblems } from '../action-error.ts';
import { createClients, type Clients } from '../aws/clients.ts';
import { createIdentity } from '../aws/identity.ts';
import { createObjectStore } from '../aws/object-store.ts';
import type { RunContext } from '../records/context.ts';
import type { ObjectStore } from '../records/ports.ts';
import { readContext } from '../runner/context.ts';
import { createInputReader } from '../runner/inputs.ts';
import type { InputReader, Log, StepResult } from '../runner/ports.ts';
import { createStep } from '../runner/step.ts';
import { findUntrusted } from '../runner/trust.ts';
import { mintWebIdentity } from '../runner/web-identity.ts';
import { createReleaseRecords, type ReleaseRecords } from '../serving/release-records.ts';
import type { Spec } from '../spec/spec.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { localAccount } from './local-account.ts';
import { readBoth } from './read-both.ts';

/** What every step that deals with what is deployed begins with. */
export interface ServingStep<Inputs> {
  readonly inputs: Inputs;
  readonly spec: Spec;
  readonly context: RunContext;
  readonly region: string;
  readonly bucket: string;
  readonly clients: Clients;
  readonly objects: ObjectStore;
  readonly records: ReleaseRecords;
  /** Whether this AWS is the local cloud. */
  readonly isRehearsal: () => Promise<boolean>;
  /** Reads a text file of the checked out repository. */
  readonly readText: (path: string) => Promise<string>;
  readonly step: StepResult;
  readonly log: Log;
  readonly clock: Clock;
}

interface Common {
  readonly roleToAssume: string | undefined;
}

/**
 * Reads inputs, spec and the run's context, and tells everything that is wrong with them at once.
 * @param purpose what is not done for a run that GitHub gives no rights, e.g. "Nothing was smoke-tested"
 * @returns undefined for such a run, which has been told so
 */
export async function openServingStep<Inputs extends Common>(
  readInputs: (reader: InputReader) => Inputs,
  purpose: string,
  log: Log,
): Promise<ServingStep<Inputs> | undefined> {
  const { env } = process;
  const step = createStep();
  const reader = createInputReader();
  const context = await readContext(env, (path) => readFile(path, 'utf8'));
  const untrusted = findUntrusted(context);
  if (untrusted !== undefined) {
    log.notice(`${purpose}. ${untrusted}`, 'Skipped');
    await step.summary(`### Trainyard: ${purpose.toLowerCase()}\n\n${untrusted}`);
    return undefined;
  }
  const { inputs, spec } = await readBoth(readInputs, reader);
  const { region, bucket } = readPlace(spec);
  const clients = createClients({
    region,
    sessionName: `trainyard-${context.workflow.runId}`,
    clock: systemClock,
    mask: (secret) => log.mask(secret),
    ...(inputs.roleToAssume === undefined ? {} : { roleToAssume: inputs.roleToAssume, mintWebIdentity }),
  });
  const objects = createObjectStore(clients);
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  return {
    inputs,
    spec,
    context,
    region,
    bucket,
    clients,
    objects,
    records: createReleaseRecords({ objects, bucket, folder: join(readVariable('RUNNER_TEMP'), 'trainyard') }),
    isRehearsal: async () => (await createIdentity(clients).whoAmI()).account === localAccount,
    readText: (path) => readFile(findInside(workspace, path), 'utf8'),
    step,
    log,
    clock: systemClock,
  };
}

function readPlace(spec: Spec): { region: string; bucket: string } {
  const problems: Problem[] = [];
  const need = (value: string | undefined, key: string, fix: string): string => {
    if (value === undefined)
      problems.push({
        name: key,
        message: `${key} is needed, and ${spec.path} does not set it.`,
        fix,
        where: { file: spec.path },
      });
    return value ?? '';
  };
  const region = need(
    spec.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION,
    'region',
    'Set region in it, or AWS_REGION in the workflow.',
  );
  const bucket = need(spec.bucket, 'bucket', 'Name the bucket of models and records; infra/bootstrap.yml makes one.');
  throwProblems(problems);
  return { region, bucket };
}

/** The spec may come from a pull request: what it names stays inside the repository. */
function findInside(workspace: string, path: string): string {
  const full = resolve(workspace, path);
  if (full.startsWith(resolve(workspace) + sep)) return full;
  throw new ActionError({ kind: 'input', message: `${path} is outside the repository.`, fix: 'Name a file inside it.' });
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
