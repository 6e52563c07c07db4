import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { smokeInvoke } from './main.ts';

/** After a cancel no further call is made; there is nothing to undo. */
export async function main(): Promise<void> {
  const log = createLog();
  const signal = onCancel();
  await handleAction(() => smokeInvoke(log, signal), { log });
  // A call may still be on its way.
  if (signal.aborted) process.exit(process.exitCode ?? 0);
}
