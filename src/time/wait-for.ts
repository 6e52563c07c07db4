import type { Clock } from './clock.ts';
import { getNextDelayMs } from './wait.ts';

export interface Waiting<Seen, Result> {
  readonly look: () => Promise<Seen>;
  /** What has been reached with this; undefined: look again. */
  readonly judge: (seen: Seen, elapsedMs: number) => Result | undefined;
  readonly limitMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** `aborted`: the signal said so before anything was reached; what is waited for goes on without us. */
export type Waited<Seen, Result> =
  | { readonly outcome: 'reached'; readonly result: Result }
  | { readonly outcome: 'timed-out'; readonly seen: Seen }
  | { readonly outcome: 'aborted' };

/** Looks until something is reached, each time after a pause that grows with the wait. What `look` throws ends the wait. */
export async function waitFor<Seen, Result>(waiting: Waiting<Seen, Result>): Promise<Waited<Seen, Result>> {
  const { look, judge, limitMs, clock, signal } = waiting;
  const started = clock.now().getTime();
  for (;;) {
    if (signal?.aborted) return { outcome: 'aborted' };
    const seen = await look();
    const elapsedMs = clock.now().getTime() - started;
    const result = judge(seen, elapsedMs);
    if (result !== undefined) return { outcome: 'reached', result };
    if (elapsedMs >= limitMs) return { outcome: 'timed-out', seen };
    await clock.sleep(Math.min(getNextDelayMs(elapsedMs), limitMs), signal);
  }
}
