import { createInputReader } from '../../runner/inputs.ts';
import type { Log } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { refreshAfter } from '../jobs/refresh-after.ts';
import { findState } from '../jobs/state.ts';
import { endRuns } from '../train-model/end-runs.ts';
import { wireAws } from '../wire-aws.ts';

/** Ends the machines that main left behind, also when main was killed, and brings the comment up to date when that changed anything. */
export async function endStep(root: string, log: Log): Promise<void> {
  const state = findState(createStep(), 'train-on-ec2');
  if (!state) return;
  const inputs = createInputReader();
  const roleToAssume = inputs.text('role-to-assume');
  const { region, bucket, zone, runId } = state;
  const aws = wireAws({ region, bucket, zone, runId, roleToAssume, temp: process.env.RUNNER_TEMP ?? '.', log });
  const { jobs, logs, utilisation } = aws.ec2;
  const ended = await endRuns(state, { ...aws, jobs, logs, utilisation });
  if (ended === 0) return;
  await refreshAfter(inputs, root);
}
