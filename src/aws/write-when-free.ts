import type { Clock } from '../time/clock.ts';
import { waitFor } from '../time/wait-for.ts';
import { call, type Doing, findCode } from './errors.ts';

interface Write {
  readonly doing: Doing;
  readonly send: () => Promise<unknown>;
  /** What AWS answers while another change of the same resource is under way. */
  readonly busyCode: 'ResourceConflictException' | 'ConcurrentUpdateException';
  readonly clock: Clock;
}

/** Such a change lasts seconds. */
const limitMs = 2 * 60_000;

/** Does a write, again while the resource is taken by another change. */
export function writeWhenFree({ doing, send, busyCode, clock }: Write): Promise<void> {
  const attempt = async (): Promise<'done' | 'busy'> => {
    try {
      await send();
      return 'done';
    } catch (error) {
      if (findCode(error) === busyCode) return 'busy';
      throw error;
    }
  };
  return call(doing, async () => {
    const waited = await waitFor({
      look: attempt,
      judge: (seen) => (seen === 'done' ? seen : undefined),
      limitMs,
      clock,
    });
    // Once more, for AWS's own words.
    if (waited.outcome !== 'reached') await send();
  });
}
