import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { trainOnEc2 } from './main.ts';
import { endStep } from './post.ts';

/** @param root folder of this product's checkout */
export async function main(root: string): Promise<void> {
  const log = createLog();
  const signal = onCancel();
  await handleAction(() => trainOnEc2(root, log, signal), { log });
  // After a cancel calls may still be on their way; the seconds until the runner kills are better spent in the post step.
  if (signal.aborted) process.exit(process.exitCode ?? 0);
}

/** @param root folder of this product's checkout */
export async function post(root: string): Promise<void> {
  const log = createLog();
  await handleAction(() => endStep(root, log), { log, warnOnly: true });
}
