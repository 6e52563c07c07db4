import { join } from 'node:path';
import type { RunContext } from '../../records/context.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import { createWorkspace } from '../../workspace/workspace.ts';
import { createStageChannel } from '../stage-channel.ts';
import { wireAws } from '../wire-aws.ts';
import { findStepZone, readText, readVariable } from './open-step.ts';
import type { JobPlace } from './place.ts';

interface Wiring {
  readonly settings: Pick<JobPlace, 'region' | 'bucket'>;
  readonly inputs: { readonly githubToken: string; readonly roleToAssume: string | undefined };
  readonly context: RunContext;
  readonly step: StepResult;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Folder of this product's checkout. */
  readonly root: string;
  /** Folder of the user's checkout. */
  readonly workspace: string;
}

/** Everything behind the ports of a step that starts jobs. */
export async function wireStep({ settings, inputs, context, step, log, signal, root, workspace }: Wiring) {
  const temp = readVariable('RUNNER_TEMP');
  const zone = await findStepZone(context, inputs.githubToken, log);
  const { region, bucket } = settings;
  const { runId } = context.workflow;
  const aws = wireAws({ region, bucket, zone, runId, roleToAssume: inputs.roleToAssume, temp, log });
  return {
    ...aws,
    context,
    zone,
    stage: createStageChannel({ store: aws.staging, log, clock: aws.clock, signal, root: workspace, temp }),
    workspace: createWorkspace({ root: workspace, temp }),
    step,
    signal,
    launcher: join(root, 'training', 'launcher', 'launcher.py'),
    readText,
  };
}
