import { ActionError } from '../../action-error.ts';
import type { RunRecord } from '../../records/record.ts';

export function cancelledError(): ActionError {
  return new ActionError({
    kind: 'stopped',
    message: 'The workflow was cancelled.',
    fix: 'Nothing has to be done: jobs that ran are being stopped, and the post step confirms their end. Re-run the workflow to train again.',
  });
}

/** The promise's outcome, or a rejection the moment the step is cancelled; the promise itself goes on unobserved. */
export async function orCancelled<T>(promise: Promise<T>, signal: AbortSignal, error = cancelledError): Promise<T> {
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(error());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, cancelled]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * The same ports, which tell each record that they write, and after a cancel nothing is created and nothing written through them: what still runs in this process
 * cannot undo what the cancel has written.
 */
export function untilCancelled<Request, Deps extends Cancellable<Request>>(
  deps: Deps & Cancellable<Request>,
  written: (record: RunRecord) => void,
): Deps {
  const check = () => {
    if (deps.signal.aborted) throw cancelledError();
  };
  return {
    ...deps,
    jobs: {
      ...deps.jobs,
      start: async (request: Request) => {
        check();
        return deps.jobs.start(request);
      },
    },
    records: {
      ...deps.records,
      write: async (record: RunRecord) => {
        check();
        written(record);
        await deps.records.write(record);
      },
    },
  };
}

interface Cancellable<Request> {
  readonly jobs: { start(request: Request): Promise<unknown> };
  readonly records: { write(record: RunRecord): Promise<void> };
  readonly signal: AbortSignal;
}
