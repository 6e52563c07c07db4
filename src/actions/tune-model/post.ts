import { createInputReader } from '../../runner/inputs.ts';
import type { Log } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { refreshAfter } from '../jobs/refresh-after.ts';
import { findState } from '../jobs/state.ts';
import { wireAws } from '../wire-aws.ts';
import { endSearch } from './end-search.ts';

/** Ends what main left behind, also when main was killed, and brings the comment up to date when that changed anything. */
export async function endStep(root: string, log: Log): Promise<void> {
  const state = findState(createStep(), 'tune-model');
  if (!state) return;
  const inputs = createInputReader();
  const { region, bucket, zone, runId } = state;
  const roleToAssume = inputs.text('role-to-assume');
  const temp = process.env.RUNNER_TEMP ?? '.';
  const wired = wireAws({ region, bucket, zone, runId, roleToAssume, temp, log });
  const ended = await endSearch(state, { ...wired, jobs: wired.tuning, records: wired.tuningRecords });
  if (ended > 0) await refreshAfter(inputs, root);
}
