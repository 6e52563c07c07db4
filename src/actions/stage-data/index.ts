import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { stageData } from './main.ts';

export async function main(): Promise<void> {
  const log = createLog();
  const signal = onCancel();
  await handleAction(() => stageData(log, signal), { log });
  // After a cancel, downloads may still be on their way; nothing of them is wanted any more.
  if (signal.aborted) process.exit(process.exitCode ?? 1);
}
