import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { configureScaling } from './main.ts';

/** After a cancel no further call is made; what was changed by then is said, and whatever it is belongs to the candidate, which expires. */
export async function main(): Promise<void> {
  const log = createLog();
  const signal = onCancel();
  await handleAction(() => configureScaling(log, signal), { log });
  if (signal.aborted) process.exit(process.exitCode ?? 0);
}
