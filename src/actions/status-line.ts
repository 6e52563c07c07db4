import type { Log } from '../runner/ports.ts';
import type { Clock } from '../time/clock.ts';
import { formatSeconds } from '../time/duration.ts';

const everyMs = 60_000;

/** Writes a line when what is said changes, and one a minute while it does not: `Endpoint x: Creating, 1 m 12 s`. */
export function createStatusLine(subject: string, { log, clock }: { log: Log; clock: Clock }): (status: string) => void {
  const started = clock.now().getTime();
  let last = '';
  let saidAt = started;
  return (status) => {
    const now = clock.now().getTime();
    if (status === last && now - saidAt < everyMs) return;
    last = status;
    saidAt = now;
    log.info(`${subject}: ${status}, ${formatSeconds((now - started) / 1000)}.`);
  };
}
