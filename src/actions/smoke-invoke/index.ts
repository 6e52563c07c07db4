import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { smokeInvoke } from './main.ts';

/** A cancel needs nothing of this step: it makes calls and nothing else. */
export async function main(): Promise<void> {
  const log = createLog();
  await handleAction(() => smokeInvoke(log), { log });
}
