import { setFlagsFromString } from 'node:v8';
import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { stageData } from './main.ts';

export async function main(): Promise<void> {
  // What streams through dies young. A young generation that grows with it costs 100 MB and the time to look through them.
  setFlagsFromString('--semi-space-growth-factor=1');
  const log = createLog();
  const signal = onCancel();
  await handleAction(() => stageData(log, signal), { log });
  // After a cancel, downloads may still be on their way; nothing of them is wanted any more.
  if (signal.aborted) process.exit(process.exitCode ?? 0);
}
