import { onCancel } from '../../runner/cancel.ts';
import { handleAction } from '../../runner/handle.ts';
import { createLog } from '../../runner/log.ts';
import { promoteEndpoint } from './main.ts';
import { endStep } from './post.ts';

/** @param root folder of this product's checkout */
export async function main(root: string): Promise<void> {
  const log = createLog();
  const signal = onCancel();
  // After a cancel main gives back what it moved, which is a call or two; what it does not get to, post does.
  await handleAction(() => promoteEndpoint(root, log, signal), { log });
  if (signal.aborted) process.exit(process.exitCode ?? 0);
}

/** @param root folder of this product's checkout */
export async function post(root: string): Promise<void> {
  const log = createLog();
  await handleAction(() => endStep(root, log), { log, warnOnly: true });
}
