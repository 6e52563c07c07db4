import { createClients } from '../../aws/clients.ts';
import { createInputReader } from '../../runner/inputs.ts';
import type { Log } from '../../runner/ports.ts';
import { createStep } from '../../runner/step.ts';
import { mintWebIdentity } from '../../runner/web-identity.ts';
import { systemClock } from '../../time/clock.ts';
import { wireHosting } from './main.ts';
import { removeCandidate } from './remove.ts';
import { findState } from './state.ts';

/** Removes what main made and did not hand on, also when main was killed. */
export async function endStep(log: Log): Promise<void> {
  const state = findState(createStep());
  if (!state) return;
  const roleToAssume = createInputReader().text('role-to-assume');
  const clients = createClients({
    region: state.region,
    sessionName: `trainyard-${process.env.GITHUB_RUN_ID ?? 'post'}`,
    clock: systemClock,
    mask: (secret) => log.mask(secret),
    ...(roleToAssume === undefined ? {} : { roleToAssume, mintWebIdentity }),
  });
  log.info(`The candidate ${state.release} was not handed on; removing what this step made.`);
  await removeCandidate(state, { ...wireHosting(clients), log, clock: systemClock });
}
