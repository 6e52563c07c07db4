import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { cleanUp } from './main.ts';

/** A cancel needs nothing of this step: what it has not removed, the next sweep does. */
export async function main(): Promise<void> {
  const log = createLog();
  await handleAction(() => cleanUp(log), { log });
}
