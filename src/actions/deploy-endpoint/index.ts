import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { deployEndpoint } from './main.ts';
import { endStep } from './post.ts';

/** @param root folder of this product's checkout */
export async function main(root: string): Promise<void> {
  const log = createLog();
  const signal = onCancel();
  await handleAction(() => deployEndpoint(root, log, signal), { log });
  // After a cancel calls may still be on their way; the seconds until the runner kills are better spent in the post step.
  if (signal.aborted) process.exit(process.exitCode ?? 0);
}

export async function post(): Promise<void> {
  const log = createLog();
  await handleAction(() => endStep(log), { log, warnOnly: true });
}
