import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { configureScaling } from './main.ts';

/** A cancel needs nothing of this step: whatever it has set belongs to the candidate, which expires. */
export async function main(): Promise<void> {
  const log = createLog();
  await handleAction(() => configureScaling(log), { log });
}
