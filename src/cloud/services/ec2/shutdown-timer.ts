import type { Clock } from '../../../time/clock.ts';
import { parseShutdown } from './shutdown.ts';

/** The shutdown that a machine has planned for itself: at most one, the last. */
export interface ShutdownTimer {
  /** What its `shutdown` command was called with. @returns what the command prints, and its exit code */
  ask(args: readonly string[]): { code: number; text: string };
  cancel(): void;
}

/** @param minuteMs how long a minute lasts @param act ends the machine */
export function createShutdownTimer(clock: Clock, minuteMs: number, act: () => void): ShutdownTimer {
  let planned = new AbortController();
  const replan = () => {
    planned.abort();
    planned = new AbortController();
    return planned.signal;
  };
  const plan = async (ms: number) => {
    const signal = replan();
    // Longer than a timer can be is longer than the cloud will run.
    await clock.sleep(Math.min(ms, 2 ** 31 - 1), signal);
    if (!signal.aborted) act();
  };
  return {
    cancel: () => void replan(),
    ask: (args) => {
      const request = parseShutdown(args, clock.now());
      if (request.kind === 'refused') return { code: 1, text: request.why };
      if (request.kind === 'nothing') return { code: 0, text: 'Nothing is shut down.' };
      if (request.kind === 'cancel') {
        replan();
        return { code: 0, text: '' };
      }
      const ms = request.minutes * minuteMs;
      const at = new Date(clock.now().getTime() + ms);
      void plan(ms);
      if (ms === 0) return { code: 0, text: '' };
      return { code: 0, text: `Shutdown scheduled for ${at.toISOString()}, use 'shutdown -c' to cancel.` };
    },
  };
}
